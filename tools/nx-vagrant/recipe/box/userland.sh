# shellcheck shell=bash
# The Debian userland of the box, from packages.

# The host's own sources for a release, as lines of sources.list(5); none when it has no such source.
host_apt_sources() { # suite
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(SITE)|$(RELEASE)|$(SIGNED_BY)' 'Identifier: Packages' |
    awk -F'|' -v suite="$1" '
      $1 == "Debian" && $2 == "main" && ($3 == suite || index($3, suite "-") == 1) {
        option = $6 == "" || $6 ~ /^\$\(/ ? "" : "[signed-by=" $6 "] "
        line = "deb " option $4 " " $5 " " $2
        if (!seen[line]++) print line
      }'
}

# The host's settings of apt that a download needs to work here: proxies, timeouts, checks.
host_apt_options() {
  apt-config dump Acquire | grep -Ei '^Acquire::(https?|ftp|retries|check-|allowinsecure|proxy)' | grep -v '"";$' || true
}

make_userland() { # suite, packages file, more packages, folder
  local line sources=() options=()
  while read -r line; do sources+=("$line"); done < <(host_apt_sources "$1")
  while read -r line; do options+=("--aptopt=$line"); done < <(host_apt_options)
  # Without the host's sources mmdebstrap takes its own for the release.
  mmdebstrap --quiet --mode=root --variant=minbase --format=directory --skip=check/empty \
    --include="$(paste -sd, "$2")${3:+,$3}" \
    --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    "${options[@]}" "$1" "$4" "${sources[@]}"
}
