#!/bin/sh
# Makes the certificates of the tests anew, with the openssl command. They are valid to the year 2120, but for expired.crt.
set -e
to=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"

authority() { # NAME COMMON-NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  openssl req -x509 -new -key "$1.key" -days 36500 -subj "/CN=$2" -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$1.crt"
}

pair() { # NAME AUTHORITY NAMES FIRST-DAY LAST-DAY SERIAL
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$3" -out "$1.csr"
  echo "$6" > serial
  openssl ca -batch -notext -config ca.cnf -cert "$2.crt" -keyfile "$2.key" -startdate "$4" -enddate "$5" -in "$1.csr" -out "$1.crt"
  cp "$1.crt" "$1.key" "$to"
}

cat > ca.cnf <<'END'
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
END
: > index.txt

authority ca 'Davecast test authority'
authority other-ca 'Another test authority'
pair local ca 'DNS:localhost,IP:127.0.0.1' 20200101000000Z 21200101000000Z 1001
pair renewed ca 'DNS:localhost,IP:127.0.0.1' 20200101000000Z 21200101000000Z 1002
pair one ca 'DNS:one.example,DNS:*.one.example' 20200101000000Z 21200101000000Z 1003
pair expired ca 'DNS:localhost,IP:127.0.0.1' 20200101000000Z 20210101000000Z 1004
pair stranger other-ca 'DNS:localhost,IP:127.0.0.1' 20200101000000Z 21200101000000Z 1005
openssl pkcs8 -topk8 -in local.key -passout pass:secret -out "$to/protected.key"
cat renewed.crt ca.crt > "$to/chain.crt"
cp ca.crt "$to"
rm -r "$work"
