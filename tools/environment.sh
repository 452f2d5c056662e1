#!/bin/sh
# Makes the environment, .venv, anew: looks for a Python that Theano 1.0.5 runs on, says what
# is missing and how to install it before it touches anything, installs requirements.txt.
#
#   sh tools/environment.sh             make .venv
#   sh tools/environment.sh --find      only print the Python that it would take
#   PYTHON=python3.9 sh tools/…         take this one or none
#   COMPILER=none sh tools/…            do without a C++ compiler: for the backend xla
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

# Run by each candidate: its version, what it lacks (or -), and where it really is.  The last
# sees through pyenv's shims, and through an activated .venv, which is about to be removed.
PROBE='
import os, sys, sysconfig
version = "%d.%d" % sys.version_info[:2]
lacks = []
if "PyPy" in sys.version or version not in ("3.8", "3.9", "3.10", "3.11"):
    lacks.append("version")
if os.environ.get("COMPILER") != "none" and not os.path.exists(
        os.path.join(sysconfig.get_path("include"), "Python.h")):
    lacks.append("headers")
try:
    import ensurepip, venv  # Debian packages these apart
except ImportError:
    lacks.append("venv")
base = os.path.join(getattr(sys, "base_prefix", sys.prefix), "bin", "python" + version)
print(version + " " + (",".join(lacks) or "-") + " "
      + (base if os.access(base, os.X_OK) else sys.executable))
'

# Every Python that may be there, the newest version first: on PATH (in all its folders, since
# a shim of pyenv is no Python unless its version is selected), pyenv's own and uv's.
candidates() {
    case ${PYTHON-} in */*)
        echo "$PYTHON"
        return ;;
    esac
    home=${HOME-/nonexistent}
    pyenv=${PYENV_ROOT:-$home/.pyenv}/versions
    uv=${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-$home/.local/share}/uv/python}
    for name in ${PYTHON:-python3.11 python3.10 python3.9 python3.8 python3 python}; do
        (   IFS=:
            for folder in $PATH; do echo "$folder/$name"; done )
        for file in "$pyenv"/*/bin/"$name" "$uv"/*/bin/"$name"; do echo "$file"; done
    done
}

# Sets python, version and lacks: of the first complete candidate, else of the first that lacks
# something; and others, what was found that Theano does not run on.
find_python() {
    python='' version='' lacks='' others=''
    while IFS= read -r candidate; do
        [ -f "$candidate" ] && [ -x "$candidate" ] || continue
        answer=$("$candidate" -c "$PROBE" 2>/dev/null </dev/null) || continue
        read -r its_version its_lacks its_python <<ANSWER
$answer
ANSWER
        case $its_lacks in
            -)  python=$its_python version=$its_version lacks=''
                return ;;
            version*)
                case "$others," in *" $its_python,"*) ;; *) others="$others, $its_python" ;; esac ;;
            *)  [ -n "$python" ] || python=$its_python version=$its_version lacks=$its_lacks ;;
        esac
    done <<CANDIDATES
$(candidates)
CANDIDATES
}

# The compiler that Theano takes must turn a program into an executable.
find_compiler() {
    case $(uname) in Darwin) compiler=clang++ ;; *) compiler=g++ ;; esac
    folder=$(mktemp -d)
    echo '#include <vector>
          int main() { return std::vector<int>().size(); }' >"$folder/trivial.cpp"
    "$compiler" "$folder/trivial.cpp" -o "$folder/trivial" 2>/dev/null || compiler=''
    rm -r "$folder"
}

say_what_is_missing() {
    missing=''
    if [ -z "$python" ]; then
        missing="
  - Python 3.8, 3.9, 3.10 or 3.11: Theano 1.0.5 runs on no other${PYTHON:+ (PYTHON=$PYTHON was given)}"
        [ -z "$others" ] || missing="$missing
    (found:${others#,})"
    fi
    case $lacks in *headers*) missing="$missing
  - the headers (Python.h) of $python" ;; esac
    case $lacks in *venv*) missing="$missing
  - the modules venv and ensurepip of $python" ;; esac
    [ -n "$compiler" ] || [ "${COMPILER-}" = none ] || missing="$missing
  - a C++ compiler that works: Theano compiles what it runs (make xla does without)"
    [ -n "$missing" ] || return 0
    v=${version:-3.11}
    cat >&2 <<MESSAGE
The environment cannot be made. Missing here:$missing

To install all that is needed:
  Debian, Ubuntu   sudo apt install make g++ python$v python$v-dev python$v-venv
  Fedora           sudo dnf install make gcc-c++ python$v python$v-devel
  macOS            xcode-select --install; brew install python@$v
Where the system's packages have no Python 3.8 to 3.11 any more (Debian 13, Ubuntu 24.04):
  uv python install 3.11     (https://docs.astral.sh/uv)
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

echo "Making the environment in .venv with Python $version, $python (about a minute) ..."
rm -rf .venv
"$python" -m venv .venv
# Without --no-compile half of the time would go into bytecode of modules that nothing imports.
install() { .venv/bin/python -m pip install --no-compile "$@"; }
# A newer pip than comes with these Pythons, which is twice as fast, and what Fuel's setup.py needs.
install --only-binary :all: --constraint requirements.txt pip setuptools wheel numpy
# Fuel ships C from a Cython too old for Python 3.7 and later.  Only RandomFixedSizeCrop needs it,
# which nothing here uses; so its compiler is `true`.  Nothing else may be compiled that way: all
# packages but four, the other three without any C, must come as wheels.
CC=true LDSHARED=true install --requirement requirements.txt --editable . --no-deps \
    --no-build-isolation --use-pep517 \
    --only-binary :all: --no-binary Theano,Lasagne,fuel,picklable-itertools
cp requirements.txt .venv/complete  # last: make takes an environment without it as not made
