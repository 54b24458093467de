module hullwright.dev/tests/tools/oidc-issuer

go 1.26.0
