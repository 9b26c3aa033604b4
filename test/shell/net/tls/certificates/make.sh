#!/bin/sh
# Makes the certificates of the tests anew. They are valid to the year 2120, but for expired.crt.
. "$(dirname "$0")/../../certificates.sh"

authority ca 'Davecast test authority'
authority other-ca 'Another test authority'
pair local ca local 21200101000000Z 1001 'subjectAltName=DNS:localhost,IP:127.0.0.1'
pair renewed ca renewed 21200101000000Z 1002 'subjectAltName=DNS:localhost,IP:127.0.0.1'
pair one ca one 21200101000000Z 1003 'subjectAltName=DNS:one.example,DNS:*.one.example'
pair expired ca expired 20210101000000Z 1004 'subjectAltName=DNS:localhost,IP:127.0.0.1'
pair stranger other-ca stranger 21200101000000Z 1005 'subjectAltName=DNS:localhost,IP:127.0.0.1'
openssl pkcs8 -topk8 -in local.key -passout pass:secret -out "$to/protected.key"
cat renewed.crt ca.crt > "$to/chain.crt"
cp ca.crt "$to"
