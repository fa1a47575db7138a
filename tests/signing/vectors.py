"""The public DSSE test vectors (secure-systems-lab/dsse, `testvectors/vectors.json` and `protocol.md`).

The keys A and B are the first two of RFC 8032, section 7.1. `empty payload type` is rejected by the vectors
because no verifier supports that type, so it is asked for as the type that is supported.
"""

from dataclasses import dataclass

IN_TOTO = "application/vnd.in-toto+json"
STATEMENT = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ=="
KEYS = {
    "A": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "B": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
}
SEEDS = {
    "A": "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "B": "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
}
BY_A = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
BY_B = "c1+67/aT0yqEpwx8PsVY3MLHsj9D0CZ014/Fv/QlG59P+9CobUZ7xECJ/V3USG0Ob9CiE5LjReEZUzNF2l7eBw=="


@dataclass(frozen=True)
class Vector:
    """An envelope, and whether it verifies under the trusted keys."""

    payload: str
    signatures: tuple[str, ...]
    accept: bool
    kind: str = IN_TOTO
    trusted: str = "A"
    threshold: int = 1


VECTORS = {
    "single signature": Vector(STATEMENT, (BY_A,), accept=True),
    "URL-safe base64": Vector(
        "-_-_Pj8=",
        ("P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==",),
        accept=True,
    ),
    "payload type swapped": Vector(
        STATEMENT, (BY_A,), accept=False, kind="application/vnd.example.other+json"
    ),
    "non-ASCII payload type": Vector(
        STATEMENT,
        ("xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==",),
        accept=True,
        kind="application/vnd.exämple+json",
    ),
    "empty payload": Vector(
        "",
        ("gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==",),
        accept=True,
    ),
    "two distinct keys for two": Vector(STATEMENT, (BY_A, BY_B), accept=True, trusted="AB", threshold=2),
    "one key twice for two": Vector(STATEMENT, (BY_A, BY_A), accept=False, trusted="AB", threshold=2),
}
EMPTY_TYPE = "iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg=="

# protocol.md, whose signature is the concatenation of r and s rather than DER.
P256_X = 46950820868899156662930047687818585632848591499744589407958293238635476079160
P256_Y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
P256_RAW = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
