// What Notary Project asks of the certificates of a signer and of a time-stamp authority. Source: signature-specification.md,
// "Certificate requirements". Chains come ordered, leaf first; issuing is checked along that order, never searched by name: leaf and root
// may have the same one.
//
// Failures: kCertificateUse what a certificate says of its use, kAlgorithm its key, kChain the order, kTime a time outside a validity.
#pragma once

#include <optional>
#include <span>

#include "verify/certificate.h"

namespace hullwright::verify {

// Not a CA, keyUsage critical and for signatures only, extended key usage (if any) for nothing but signing code; RSA of 2048, 3072 or
// 4096 bits or a NIST curve.
Checked<void> CheckCodeSigningLeaf(const Certificate& leaf);
// The same for a time-stamp authority: extended key usage critical and timeStamping alone.
Checked<void> CheckTimeStampingLeaf(const Certificate& leaf);
// A CA with `intermediates_below` CAs between it and the leaf.
Checked<void> CheckCodeSigningCa(const Certificate& ca, std::size_t intermediates_below);
Checked<void> CheckTimeStampingCa(const Certificate& ca, std::size_t intermediates_below);

// From the leaf to a self-signed root, each issued by the next and nothing besides; or one self-signed leaf. With a time every
// certificate must be valid then.
Checked<void> CheckCodeSigningChain(std::span<const Certificate> chain, std::optional<Time> at = std::nullopt);
Checked<void> CheckTimeStampingChain(std::span<const Certificate> chain, std::optional<Time> at = std::nullopt);

// Every certificate valid during the whole of [from, to].
Checked<void> CheckValidDuring(std::span<const Certificate> chain, Time from, Time to);

// Whether the issuer's name and key are those that signed the certificate, with a hash that is still sound.
bool IsIssuedBy(const Certificate& certificate, const Certificate& issuer);

// Of an OpenSSL signature algorithm NID: SHA-256, 384 or 512 (or Ed25519, which has its own).
bool IsSoundSignatureAlgorithm(int nid);

}  // namespace hullwright::verify
