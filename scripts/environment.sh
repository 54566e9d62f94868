# Sourced by the other scripts: makes the virtual environment .venv and installs into it what is asked for.
# Usage: prepare_environment run|dev   (run: what the emulator needs; dev: what its tests and checks need as well)

say() { printf '%s\n' "-- $*" >&2; }
fail() { printf '%s\n' "$(basename "$0"): $*" >&2; exit 1; }

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
readonly ENVIRONMENT=.venv

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is missing; install it, or name it with PYTHON=/path/to/python"
}

prepare_environment() {
    local extra stamp python
    case "$1" in run) extra="" ;; dev) extra="[dev]" ;; *) fail "prepare_environment: run or dev" ;; esac
    stamp="$ENVIRONMENT/installed-$1-$(cksum < pyproject.toml | tr ' ' '-')"
    if [ -e "$stamp" ]; then return; fi
    if ! "$ENVIRONMENT/bin/python" -c '' 2>/dev/null; then
        python=$(find_python) || exit 1
        say "making the virtual environment $ENVIRONMENT with $("$python" --version)"
        "$python" -m venv --clear "$ENVIRONMENT" >&2 ||
            fail "python -m venv does not work; on Debian install the package python3-venv"
    fi
    say "installing the emulator${extra:+ and its test tools} into $ENVIRONMENT (needs PyPI, once)"
    "$ENVIRONMENT/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".$extra" >&2 ||
        fail "pip could not install the dependencies named in pyproject.toml; see its message above"
    if [ "$1" = dev ]; then touch "$ENVIRONMENT/installed-run-${stamp##*-dev-}"; fi
    touch "$stamp"
}
