#!/bin/bash
# Makes a Debian host ready, as @tare/nx-vagrant does it; --help says how.
exec "$(dirname "${BASH_SOURCE[0]}")/../../tools/nx-vagrant/recipe/setup-debian.sh" "$@"
