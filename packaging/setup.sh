# Makes .venv as the locks say, and sees to the system libraries. Sourced by packaging/run and packaging/test.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv

base_libraries="libGL.so.1=libgl1 libEGL.so.1=libegl1 libglib-2.0.so.0=libglib2.0-0 libfontconfig.so.1=libfontconfig1
    libdbus-1.so.3=libdbus-1-3 libxkbcommon.so.0=libxkbcommon0 libbrotlidec.so.1=libbrotli1"
x11_libraries="libxcb-cursor.so.0=libxcb-cursor0 libxcb-icccm.so.4=libxcb-icccm4 libxcb-keysyms.so.1=libxcb-keysyms1
    libxcb-shape.so.0=libxcb-shape0 libxkbcommon-x11.so.0=libxkbcommon-x11-0"
wayland_libraries="libwayland-client.so.0=libwayland-client0 libwayland-cursor.so.0=libwayland-cursor0 libwayland-egl.so.1=libwayland-egl1"

fail() {
    echo "forecourt: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env "$@"
    elif [ -t 0 ]; then
        sudo env "$@"
    else
        sudo -n env "$@" # nobody is there to type a password
    fi
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || return 1
    echo "Installing with apt: $*" >&2
    local install=(DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@")
    as_root "${install[@]}" >/dev/null 2>&1 ||
        { as_root apt-get update -qq >/dev/null 2>&1 && as_root "${install[@]}" >/dev/null 2>&1; }
}

# Sets `missing` to those of LIBRARY=PACKAGE... that the dynamic linker cannot find.
look_for() {
    local known pair
    missing=()
    known=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null) || return 0 # not a system of ours to judge
    for pair in "$@"; do
        case $known in *"${pair%%=*} "*) ;; *) missing+=("$pair") ;; esac
    done
}

# system_libraries LIBRARY=PACKAGE...
system_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    look_for "$@"
    [ "${#missing[@]}" -gt 0 ] || return 0
    apt_install "${missing[@]#*=}" && look_for "$@"
    [ "${#missing[@]}" = 0 ] || fail "these system libraries are missing and cannot be installed from here: ${missing[*]%%=*}." \
        "On Debian or Ubuntu: sudo apt install ${missing[*]#*=}"
}

is_usable() {
    "$1" -I -S -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

# Prints the command of a Python that can run Forecourt.
find_python() {
    local candidate
    for candidate in ${FORECOURT_PYTHON:+"$FORECOURT_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if is_usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 to 3.14 is needed, and python3 here is $(python3 -V 2>/dev/null || echo missing)." \
        "Install one, or name it: FORECOURT_PYTHON=/path/to/python3.12"
}

has_venv() {
    "$1" -I -c 'import ensurepip, venv' 2>/dev/null
}

make_venv() {
    local python package
    python=$(find_python) || exit 1
    if ! has_venv "$python"; then
        package=$("$python" -I -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')
        apt_install "$package" || true
        has_venv "$python" || fail "$python has no venv module. On Debian or Ubuntu: sudo apt install $package"
    fi
    echo "Making $venv" >&2
    "$python" -m venv --clear "$venv" || fail "$venv could not be made; see above."
}

# What the set-up of KIND is made from: when this changes, it is made again.
ingredients() {
    {
        cat "$root/packaging/$1.lock" "$root/pyproject.toml"
        echo "$root"
        "$venv/bin/python" -I -S -c 'import sys; print(sys.version)'
    } 2>/dev/null | cksum
}

is_current() {
    [ -e "$venv/.forecourt-$1" ] && [ "$(cat "$venv/.forecourt-$1")" = "$(ingredients "$1")" ]
}

install_packages() {
    local pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check)
    "${pip[@]}" --version >/dev/null 2>&1 && is_usable "$venv/bin/python" || make_venv
    echo "Installing the packages of packaging/$1.lock" >&2
    "${pip[@]}" install --require-hashes --requirement "$root/packaging/$1.lock" &&
        "${pip[@]}" install --no-deps --no-build-isolation --editable "$root" ||
        fail "the packages could not be installed; see above. Is there a network? Run the same command again to go on."
}

# set_up run|test: makes sure that .venv holds the packages of that lock; quick when it does.
set_up() {
    is_current "$1" && return
    (
        # Two at once would spoil each other's work; the lock ends with this subshell.
        if command -v flock >/dev/null; then flock 9; fi
        is_current "$1" && exit
        install_packages "$1"
        ingredients "$1" >"$venv/.forecourt-$1"
        [ "$1" = run ] || ingredients run >"$venv/.forecourt-run" # the test lock holds all of the run lock
    ) 9<"$root/packaging"
}
