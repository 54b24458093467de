#include "cli/declaring.h"
#include "cli/resolve.h"
#include "cli/trust_show.h"
#include "cli/verify.h"
#include "cli/verify_bundle.h"

namespace hullwright::cli {
namespace {

void AddClusterData(CLI::App& command, std::string& folder, std::string& release_namespace) {
  command.add_option("--cluster-data", folder, "ConfigMaps and Secrets that our objects name: DIR/NAMESPACE/configmaps/NAME/KEY.")
      ->type_name("DIR");
  command.add_option("--release-namespace", release_namespace, "The namespace of those ConfigMaps and Secrets.")
      ->type_name("NAME")
      ->capture_default_str();
}

CLI::Option* AddRequirement(CLI::App& command, const std::string& name, std::string& value, const std::string& description) {
  return command.add_option(name, value, description)
      ->type_name("WORD")
      ->check(CLI::IsMember({"Required", "Ignore"}))
      ->capture_default_str();
}

// Options that may be given several times take one value each (allow_extra_args), so that they leave the IMAGE behind them alone.

// Each of them says who must have signed, so none goes with policies, which say it themselves.
void AddSigner(CLI::App& command, SignerOptions& signer, CLI::Option* policies) {
  policies->excludes(command.add_option("--key", signer.key, "The signer's public key (PEM).")->type_name("FILE"));
  policies->excludes(command
                         .add_option("--certificate-identity", signer.identity,
                                     "The signer's identity in a certificate of Fulcio, whole: an e-mail address or a workflow's URL.")
                         ->type_name("ID"));
  policies->excludes(command
                         .add_option("--certificate-identity-regexp", signer.identity_pattern,
                                     "The same as a regular expression (RE2) that the whole identity must match.")
                         ->type_name("REGEXP"));
  policies->excludes(
      command.add_option("--certificate-oidc-issuer", signer.issuer, "Who vouched for that identity, whole.")->type_name("URL"));
  policies->excludes(command
                         .add_option("--trusted-root", signer.trusted_root,
                                     "trusted_root.json: the authorities and logs that certificates and log entries rest on.")
                         ->type_name("FILE"));
  AddRequirement(command, "--transparency-log", signer.transparency_log,
                 "Whether the signature must be in a transparency log. With --certificate-identity, Ignore asks for a time-stamp instead.");
  AddRequirement(command, "--certificate-transparency", signer.certificate_transparency,
                 "With --certificate-identity: whether the certificate must be in a certificate log; a private Fulcio may have none.");
  policies->excludes(
      command.add_option("--attestation", signer.attestation, "Asks for a signed statement of this predicate type instead of a signature.")
          ->type_name("TYPE"));
}

}  // namespace

void AddOutput(CLI::App& command, std::string& output, std::vector<std::string> formats) {
  command.add_option("-o,--output", output, "How the answer is written.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(std::move(formats)))
      ->capture_default_str();
}

void AddRegistryOptions(CLI::App& command, RegistryOptions& registry) {
  command
      .add_option(
          "--layout", registry.layout,
          "An OCI layout folder to ask instead of registries (as crane, skopeo, oras and cosign save write it). It stands for every "
          "repository.")
      ->type_name("DIR");
  command.add_option("--registries", registry.registries, "Files or folders with Registry objects: certificates, mirrors, plain HTTP.")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_option("--plain-http", registry.plain_http, "A registry that is asked without TLS, such as 127.0.0.1:5000.")
      ->type_name("HOST")
      ->allow_extra_args(false);
  command
      .add_option("--registry-config", registry.registry_config,
                  "Credentials of registries (default: config.json of $DOCKER_CONFIG or ~/.docker, where there is one).")
      ->type_name("FILE");
  AddClusterData(command, registry.cluster_data, registry.release_namespace);
}

void AddVerify(CLI::App& root, Action& action) {
  const auto options = std::make_shared<VerifyOptions>();
  ReviewOptions& review = options->review;
  CLI::App& command = *root.add_subcommand(
      "verify",
      "Verify who made an image\n\n"
      "Resolves the image, looks for everything beside it that claims to be a signature or attestation (cosign, Sigstore bundles, Notary "
      "Project), and holds each against the signers that are wanted: those of policies, or one named here. The verdict is that of the "
      "webhook for a Pod of this image. The answer names the digest, what was found, and for each find who signed it or the step that "
      "failed, "
      "with what was seen and what was wanted.");
  command.add_option("IMAGE", review.image, "Image reference, as a Pod would name it.")->type_name("IMAGE")->required();
  CLI::Option* policies = command.add_option("--policies,--policy", review.policies, "Folders with policies, publishers and trust roots.")
                              ->type_name("DIR")
                              ->allow_extra_args(false);
  AddSigner(command, options->signer, policies);
  command.add_option("--scans", review.scans, "Folders with ImageScans, for policies that ask for scans too.")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command.add_option("-n,--namespace", review.namespace_, "Namespace of the Pod.")->type_name("NAMESPACE")->capture_default_str();
  AddRegistryOptions(command, review.registry);
  command
      .add_option("--node-platforms", review.node_platforms,
                  "Platforms of the cluster's nodes, for policies that judge by them, such as linux/amd64.")
      ->type_name("OS/ARCH")
      ->allow_extra_args(false)
      ->delimiter(',');
  AddOutput(command, options->output, {"table", "json", "yaml"});
  command.footer(
      "# by a key, whose signatures are in no log\n"
      "hullctl verify registry.example/shop/api:1.4 --key cosign.pub --transparency-log Ignore\n"
      "# by a workflow, without a network: from a folder that cosign save has written\n"
      "hullctl verify registry.example/shop/api:1.4 --layout api/ --trusted-root trusted_root.json \\\n"
      "  --certificate-identity https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main \\\n"
      "  --certificate-oidc-issuer https://token.actions.githubusercontent.com\n"
      "# by the policies of a cluster\n"
      "hullctl verify registry.example/shop/api:1.4 --policies policies/ -n shop");
  Runs(command, options, Verify, action);
}

void AddResolve(CLI::App& root, Action& action) {
  const auto options = std::make_shared<ResolveOptions>();
  CLI::App& command =
      *root.add_subcommand("resolve",
                           "Print the digest that an image reference means now\n\n"
                           "Writes REPOSITORY@DIGEST, a line for each image. The digest is computed from the bytes received, "
                           "whatever the registry says it is.");
  command.add_option("IMAGES", options->images, "Image references, as a Pod would name them.")->type_name("IMAGE")->required();
  AddRegistryOptions(command, options->registry);
  AddOutput(command, options->output, {"table", "json", "yaml"});
  command.footer(
      "# for a manifest that must not change by itself\n"
      "hullctl resolve registry.example/shop/api:1.4\n"
      "# with the platforms that it is for\n"
      "hullctl resolve registry.example/shop/api:1.4 -o json");
  Runs(command, options, Resolve, action);
}

void AddTrust(CLI::App& root, Action& action) {
  CLI::App& trust = *root.add_subcommand("trust", "Work with publishers and trust roots");
  trust.require_subcommand(1);
  const auto options = std::make_shared<TrustShowOptions>();
  CLI::App& command = *trust.add_subcommand("show",
                                            "Show whom folders of publishers and trust roots trust\n\n"
                                            "Each publisher with its images, its keys by their fingerprints and its identities; each trust "
                                            "root with its authorities and logs, and "
                                            "from when to when they count. What cannot be used is told, and makes the exit code 2: images "
                                            "judged by it could not be told either.");
  command.add_option("DIRS", options->folders.folders, "Folders with TrustedPublishers and TrustRoots.")->type_name("DIR")->required();
  AddClusterData(command, options->folders.cluster_data, options->folders.release_namespace);
  AddOutput(command, options->output, {"table", "json", "yaml"});
  command.footer("# who is trusted here?\nhullctl trust show policies/");
  Runs(command, options, TrustShow, action);
}

void AddVerifyBundle(CLI::App& root, Action& action) {
  const auto options = std::make_shared<VerifyBundleOptions>();
  CLI::App& command = *root.add_subcommand("verify-bundle",
                                           "Verify a Sigstore bundle of a file\n\n"
                                           "One bundle, one artifact, and who must have signed it. The command line is that of Sigstore's "
                                           "conformance suite. Nothing is fetched: "
                                           "the trusted root is the one given, or the one that HULLCTL_TRUSTED_ROOT names.");
  command.add_flag("--staging", options->staging, "The bundle is of Sigstore's staging instance: its root must be given.");
  command.add_option("--bundle", options->bundle, "The bundle (JSON).")->type_name("FILE")->required();
  command.add_option("--certificate-identity", options->identity, "The signer's identity, whole.")->type_name("ID");
  command.add_option("--certificate-oidc-issuer", options->issuer, "Who vouched for that identity, whole.")->type_name("URL");
  command.add_option("--key", options->key, "Instead of an identity, the signer's public key (PEM).")->type_name("FILE");
  command.add_option("--trusted-root", options->trusted_root, "trusted_root.json.")->type_name("FILE");
  command.add_option("ARTIFACT", options->artifact, "What was signed: a file, or its digest as sha256:….")
      ->type_name("FILE_OR_DIGEST")
      ->required();
  AddOutput(command, options->output, {"table", "json"});
  command.footer(
      "# was this file signed by its release workflow?\n"
      "hullctl verify-bundle --bundle app.tar.gz.sigstore.json --trusted-root trusted_root.json \\\n"
      "  --certificate-identity https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main \\\n"
      "  --certificate-oidc-issuer https://token.actions.githubusercontent.com app.tar.gz");
  Runs(command, options, VerifyBundle, action);
}

}  // namespace hullwright::cli
