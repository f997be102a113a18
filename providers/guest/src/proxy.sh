# shellcheck shell=sh
# Makes package managers and logins use a proxy. $1, $2, $3: for http, for https, what is reached directly. Runs at every boot.
set -u
set_once() { grep -qs "^$2" "$1" || printf '%s\n' "$3" >>"$1"; }
if [ -n "$1" ]; then
    set_once /etc/environment http_proxy= "http_proxy=$1"
    set_once /etc/environment HTTP_PROXY= "HTTP_PROXY=$1"
fi
if [ -n "$2" ]; then
    set_once /etc/environment https_proxy= "https_proxy=$2"
    set_once /etc/environment HTTPS_PROXY= "HTTPS_PROXY=$2"
fi
if [ -n "$3" ]; then
    set_once /etc/environment no_proxy= "no_proxy=$3"
    set_once /etc/environment NO_PROXY= "NO_PROXY=$3"
fi
if [ -d /etc/apt/apt.conf.d ]; then
    apt=/etc/apt/apt.conf.d/95-garm-proxy
    : >"$apt"
    [ -z "$1" ] || printf 'Acquire::http::Proxy "%s";\n' "$1" >>"$apt"
    [ -z "$2" ] || printf 'Acquire::https::Proxy "%s";\n' "$2" >>"$apt"
fi
for file in /etc/dnf/dnf.conf /etc/yum.conf; do
    # One may be a link to the other, hence once.
    [ ! -f "$file" ] || set_once "$file" proxy= "proxy=${2:-$1}"
done
if [ -f /etc/sysconfig/proxy ]; then
    sed -i -e '/^PROXY_ENABLED=/d' -e '/^HTTPS*_PROXY=/d' -e '/^NO_PROXY=/d' /etc/sysconfig/proxy
    printf 'PROXY_ENABLED="yes"\nHTTP_PROXY="%s"\nHTTPS_PROXY="%s"\nNO_PROXY="%s"\n' "$1" "$2" "$3" >>/etc/sysconfig/proxy
fi
