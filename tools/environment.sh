#!/bin/sh
# Makes the environment, .venv, anew: searches for a Python, says what is missing and how to install
# it before it changes anything, installs requirements.txt, and Theano, Lasagne and Fuel.  Where
# there is no C++ compiler, or Python lacks its headers, everything runs by XLA: JAX is installed too.
#
#   sh tools/environment.sh             make .venv
#   sh tools/environment.sh --find      only print the Python that it would take
#   PYTHON=python3.12 sh tools/…        take this one or none
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

# Run by each candidate: its version, what it lacks (or -), and where it really is.  The last
# sees through pyenv's shims, and through an activated .venv, which is about to be removed.
PROBE='
import os, sys, sysconfig
version = "%d.%d" % sys.version_info[:2]
lacks = []
if ("PyPy" in sys.version or sysconfig.get_config_var("Py_GIL_DISABLED")
        or version not in ("3.11", "3.12", "3.13", "3.14")):
    lacks.append("version")
try:
    import ensurepip, venv  # Debian packages these apart
except ImportError:
    lacks.append("venv")
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    lacks.append("headers")
base = os.path.join(getattr(sys, "base_prefix", sys.prefix), "bin", "python" + version)
print(version + " " + (",".join(lacks) or "-") + " "
      + (base if os.access(base, os.X_OK) else sys.executable))
'

# Every Python that may be there: on PATH (in all its folders, since a shim of pyenv is no Python
# unless its version is selected), pyenv's own and uv's.  The newest version that all packages have
# releases for comes first: gensim has none for 3.14.
candidates() {
    case ${PYTHON-} in */*)
        echo "$PYTHON"
        return ;;
    esac
    home=${HOME-/nonexistent}
    pyenv=${PYENV_ROOT:-$home/.pyenv}/versions
    uv=${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-$home/.local/share}/uv/python}
    for name in ${PYTHON:-python3.13 python3.14 python3.12 python3.11 python3 python}; do
        (   IFS=:
            for folder in $PATH; do echo "$folder/$name"; done )
        for file in "$pyenv"/*/bin/"$name" "$uv"/*/bin/"$name"; do echo "$file"; done
    done
}

# Sets python, version and lacks: of the first complete candidate, else of the first that lacks
# only headers, else of the first; and others, what was found of other versions.
find_python() {
    python='' version='' lacks='' others=''
    while IFS= read -r candidate; do
        [ -f "$candidate" ] && [ -x "$candidate" ] || continue
        answer=$("$candidate" -c "$PROBE" 2>/dev/null </dev/null) || continue
        read -r its_version its_lacks its_python <<ANSWER
$answer
ANSWER
        case $its_lacks,$lacks in
            version*)
                case "$others," in *" $its_python,"*) ;; *) others="$others, $its_python" ;; esac
                continue ;;
            -,* | *,) ;;
            headers,venv*) ;;
            *) continue ;;
        esac
        python=$its_python version=$its_version lacks=${its_lacks#-}
        [ "$its_lacks" != - ] || return 0
    done <<CANDIDATES
$(candidates)
CANDIDATES
}

# The compiler that Theano uses must turn a program into an executable.
find_compiler() {
    case $(uname) in Darwin) compiler=clang++ ;; *) compiler=g++ ;; esac
    folder=$(mktemp -d)
    echo '#include <vector>
          int main() { return std::vector<int>().size(); }' >"$folder/trivial.cpp"
    "$compiler" "$folder/trivial.cpp" -o "$folder/trivial" 2>/dev/null || compiler=''
    rm -r "$folder"
}

say_what_is_missing() {
    missing='' elsewhere=''
    if [ -z "$python" ]; then
        missing="
  - Python 3.11, 3.12, 3.13 or 3.14${PYTHON:+ (PYTHON=$PYTHON was given)}"
        [ -z "$others" ] || missing="$missing
    (found:${others#,})"
        elsewhere='
Where the system has none of these: uv python install 3.13     (https://docs.astral.sh/uv)'
    fi
    case $lacks in *venv*) missing="$missing
  - the modules venv and ensurepip of $python" ;; esac
    [ -n "$missing" ] || return 0
    v=${version:-3}
    cat >&2 <<MESSAGE
The environment cannot be made. Missing here:$missing

To install all that is needed, and a compiler, with which it is faster:
  Debian, Ubuntu   sudo apt install make g++ python$v python$v-dev python$v-venv
  Fedora           sudo dnf install make gcc-c++ python$v python$v-devel
  macOS            xcode-select --install; brew install python@$v$elsewhere
MESSAGE
    exit 1
}

find_python
find_compiler
say_what_is_missing
if [ "${1-}" = --find ]; then
    echo "$python"
    exit
fi

echo "Making the environment in .venv with Python $version, $python (half a minute or a whole one) ..."
rm -rf .venv
"$python" -m venv .venv
# Without --no-compile half of the time would go into bytecode of modules that nothing imports.
install() {
    .venv/bin/python -m pip install --no-compile --no-deps --only-binary :all: --require-hashes "$@"
}
# A newer pip than comes with some of these Pythons, which is twice as fast.
install --requirement requirements-pip.txt
slow=''
[ -n "$compiler" ] || slow='no C++ compiler'
[ -z "$lacks" ] || slow="${slow:-no Python.h of $python}"
install --requirement requirements.txt ${slow:+--requirement requirements-xla.txt}
.venv/bin/python -m ift6266.compat --no-compile --no-deps
# As pip's --editable does, but without setuptools.
pwd >".venv/lib/python$version/site-packages/ift6266.pth"
[ -z "$slow" ] || cat <<MESSAGE
There is $slow, so everything runs by XLA. To be faster: sudo apt install g++ python$version-dev (Fedora: sudo dnf install gcc-c++ python$version-devel; macOS: xcode-select --install)
MESSAGE
touch .venv/complete  # last: without it make makes the environment anew
