#!/bin/sh
# Makes the certificates of the tests of links anew. They are valid to the year 2120, but for expired.crt.
. "$(dirname "$0")/../../../certificates.sh"

authority ca 'Authority of a station'
authority other-ca 'Another authority'
pair relay ca relay 21200101000000Z 2001 'subjectAltName=DNS:localhost,IP:127.0.0.1'
pair studio ca 'Studio A' 21200101000000Z 2002 'subjectAltName=DNS:Studio-A,DNS:edge-1'
pair renewed ca 'Studio A' 21200101000000Z 2003 'subjectAltName=DNS:studio-a'
pair edge ca edge-1 21200101000000Z 2004
pair expired ca studio-a 20210101000000Z 2005
pair stranger other-ca studio-a 21200101000000Z 2006 'subjectAltName=DNS:studio-a,IP:127.0.0.1'
pair server ca studio-a 21200101000000Z 2007 'extendedKeyUsage=serverAuth'
pair nameless ca 'A name of several words' 21200101000000Z 2008
cp ca.crt other-ca.crt "$to"
