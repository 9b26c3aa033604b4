# For the scripts that make the certificates of tests anew, each in its own directory, with the openssl command. All are valid from 2020 on.
set -e
to=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

authority() { # FILE COMMON-NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  openssl req -x509 -new -key "$1.key" -days 36500 -subj "/CN=$2" -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$1.crt"
}

pair() { # FILE AUTHORITY COMMON-NAME LAST-DAY SERIAL [EXTENSION]
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$3" ${6:+-addext "$6"} -out "$1.csr"
  echo "$5" > serial
  openssl ca -batch -notext -config ca.cnf -cert "$2.crt" -keyfile "$2.key" -startdate 20200101000000Z -enddate "$4" -in "$1.csr" -out "$1.crt"
  cp "$1.crt" "$1.key" "$to"
}

cat > ca.cnf <<'CNF'
[ca]
default_ca = tests
[tests]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
CNF
: > index.txt
