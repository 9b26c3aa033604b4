/** A certificate of nobody's authority but its own, for localhost and 127.0.0.1, until 2126, and its key: for tests alone. */
export const testCertificate: string = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUVrh9uu/PyFmRD0oAgWBE+4GwjLgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzE0Mzk0OVoYDzIxMjYxMTAz
MTQzOTQ5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARpwrm63EnSR4rO/uI2QTqbKxFJXzDNd+TdETwz9K0MX14RhCyZYz54
eWRrHbIl+YoEdzE/Ct+Bw5ZypZ9om8Pao28wbTAdBgNVHQ4EFgQUt4H5P7HC4CW7
zQCT/oDRrQcfweEwHwYDVR0jBBgwFoAUt4H5P7HC4CW7zQCT/oDRrQcfweEwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAOzaOx8spsDFaFnzhdxQKwFL+Ujp6ajTozvzjxk9Iy76AiB3
nN9Irz+R/K4QszlJugTUk0aN97FsrREa5REwvd72qA==
-----END CERTIFICATE-----
`;

export const testKey: string = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8IygjDOPaVt+cgak
a9uv3771UGnSLt8PxRterSsBUsChRANCAARpwrm63EnSR4rO/uI2QTqbKxFJXzDN
d+TdETwz9K0MX14RhCyZYz54eWRrHbIl+YoEdzE/Ct+Bw5ZypZ9om8Pa
-----END PRIVATE KEY-----
`;
