#!/usr/bin/env bash
# Tries the commands of the README on fresh machines: in minimal Debians, which debootstrap makes, a
# new copy for each try, on a clean clone of what is committed here.  Needs root and debootstrap.
#
#   tools/fresh_systems.sh                           all systems below, with and without a compiler
#   tools/fresh_systems.sh trixie sid+compiler       these alone
#   tools/fresh_systems.sh trixie -- 'make paint'    with these commands
#
# MIRROR is Debian's, if not debootstrap's own; SYSTEMS the folder where systems and logs are kept.
# Files, variables and certificates that configure pip here configure it there.
set -euo pipefail
cd "$(dirname "$0")/.."
SYSTEMS=${SYSTEMS:-/var/tmp/ift6266-systems}

systems=() commands=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do systems+=("$1"); shift; done
if [ $# -gt 0 ]; then commands=("${@:2}"); fi
if [ ${#systems[@]} = 0 ]; then  # Python 3.11, 3.13 and 3.14
    systems=({bookworm,trixie,sid}{,+compiler})
fi

# A system with what a newcomer has installed; made once.
make_system() {
    [ -d "$SYSTEMS/$1" ] && return
    packages=ca-certificates,git,make,python3,python3-venv
    case $1 in *+compiler) packages=$packages,g++,python3-dev ;; esac
    debootstrap --variant=minbase --include=$packages \
        "${1%+compiler}" "$scratch/made" ${MIRROR:+"$MIRROR"} &&
        mv "$scratch/made" "$SYSTEMS/$1"
}

# Copies the configuration of pip and the names of hosts into the system $1.
configure_pip() {
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/xdg/pip "${PIP_CONFIG_FILE-}" \
            "${PIP_CONSTRAINT-}" "${PIP_CERT-}" "${SSL_CERT_FILE-}" "${REQUESTS_CA_BUNDLE-}"; do
        copy "$file" "$1$(dirname "$file")"
    done
    copy ~/.config/pip "$1/root/.config"
    copy ~/.pip "$1/root"
}

copy() {
    if [ -e "$1" ]; then
        mkdir -p "$2"
        cp --recursive --dereference --remove-destination "$1" "$2/"
    fi
}

# Runs the command $2 in the clone in the system $1.  Its mounts end with it.
run() {
    mapfile -t variables < <(env | grep -E \
        '^(PIP_[A-Z_]+|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|(http|https|no|HTTP|HTTPS|NO)_(proxy|PROXY))=')
    unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$0/proc" && mount --rbind /sys "$0/sys" && mount --rbind /dev "$0/dev" &&
        exec chroot "$0" "$@"' "$1" \
        env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 "${variables[@]}" \
        sh -c "cd /root/ift6266 && $2" </dev/null
}

# Makes $try a copy of the system $1, with a clean clone in it.
begin() {
    rm -rf "$try"
    cp -a "$SYSTEMS/$1" "$try"
    configure_pip "$try"
    git clone --quiet . "$try/root/ift6266"
}

mkdir -p "$SYSTEMS/logs"
scratch=$(mktemp -d "$SYSTEMS/try.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
try=$scratch/system
summary='' failed=0
for system in "${systems[@]}"; do
    if ! make_system "$system" >"$SYSTEMS/logs/$system.log" 2>&1; then
        tail -n 5 "$SYSTEMS/logs/$system.log"
        exit 1
    fi
    begin "$system"
    case $system in *+compiler) second='make test' ;; *) second='make paint' ;; esac
    tries=("${commands[@]}")
    [ ${#tries[@]} -gt 0 ] || tries=('make gan' "$second")
    for command in "${tries[@]}"; do
        log="$SYSTEMS/logs/$system, ${command//\//_}.log"
        printf '\n== %s: %s\n' "$system" "$command"
        start=$SECONDS outcome=passed
        run "$try" "$command" >"$log" 2>&1 || outcome=FAILED failed=1
        tr '\r' '\n' <"$log" | tail -n 8
        summary+=$(printf '%-20s %-12s %s after %d s' \
            "$system" "$command" "$outcome" $((SECONDS - start)))$'\n'
    done
done
printf '\n%s' "$summary"
exit $failed
