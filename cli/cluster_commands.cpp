#include "cli/declaring.h"
#include "cli/doctor.h"
#include "cli/support_bundle.h"

namespace hullwright::cli {
namespace {

void AddCluster(CLI::App& command, ClusterOptions& cluster, InstallationNames& names) {
  command.add_option("--kubeconfig", cluster.kubeconfig, "Which cluster, and as whom. Without any, inside a Pod, its ServiceAccount.")
      ->type_name("FILE");
  command.add_option("--context", cluster.context, "Another context of the kubeconfig than its current one.")->type_name("NAME");
  command.add_option("-n,--namespace", names.namespace_, "The namespace that Hullwright is installed in.")
      ->type_name("NAMESPACE")
      ->capture_default_str();
  command.add_option("--name", names.name, "What the installation's objects are called: NAME-webhook, NAME-operator.")
      ->type_name("NAME")
      ->capture_default_str();
}

std::vector<std::string> CheckNames() {
  std::vector<std::string> names;
  for (const HealthCheck& check : HealthChecks()) names.emplace_back(check.name);
  names.emplace_back(kAdmissionCheck);
  return names;
}

}  // namespace

void AddDoctor(CLI::App& root, Action& action) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App& command =
      *root.add_subcommand("doctor",
                           "Examine an installation in a cluster, and say what to do about what is wrong\n\n"
                           "Looks at the API server and its clock, the kinds, what the ServiceAccounts may do, certificates, the switch of "
                           "the gate, the hooks, the Pods "
                           "of webhook and operator, every object of hullwright.dev, waivers, and the age of scans and of EPSS and KEV. "
                           "Each check says what was seen and "
                           "what to do. A check that could not look could not tell, and is never ok. Nothing in the cluster is changed.");
  AddCluster(command, options->cluster, options->names);
  CLI::Option* trial =
      command.add_option("--try-admission", options->trial.namespace_,
                         "Also try, as a dry run in this namespace, whether a Pod with an image that nobody could pull is refused.");
  trial->type_name("NAMESPACE");
  command.add_option("--good-image", options->trial.good_image, "With --try-admission also whether a Pod with this image is admitted.")
      ->type_name("IMAGE")
      ->needs(trial);
  command.add_option("--check", options->checks, "Only the check of this name, of those that are told.")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(CheckNames()));
  AddOutput(command, options->output, {"table", "json"});
  command.footer(
      "# is it sound?\n"
      "hullctl doctor\n"
      "# and does it judge Pods?\n"
      "hullctl doctor --try-admission shop --good-image registry.example/shop/api@sha256:…\n"
      "# the hooks alone, for a program\n"
      "hullctl doctor --check hooks --check gate-switch -o json");
  Runs(command, options, Doctor, action);
}

void AddSupportBundle(CLI::App& root, Action& action) {
  const auto options = std::make_shared<SupportBundleOptions>();
  CLI::App& command = *root.add_subcommand("support-bundle",
                                           "Write what a maintainer needs to understand an installation into one file, without secrets\n\n"
                                           "Versions, what doctor says, the objects of hullwright.dev, webhook configurations, what is in "
                                           "the namespace of the installation, logs, "
                                           "metrics and readiness. Secrets are not fetched; what looks like one elsewhere is replaced by "
                                           "[redacted], which is no promise: look through "
                                           "it before you send it. index.json names each file, and what was left out and why.");
  AddCluster(command, options->cluster, options->names);
  command.add_option("--out", options->out, "The file to write; one that is there is replaced.")->type_name("FILE.tar.gz")->required();
  command.footer("# for a bug report\nhullctl support-bundle --out hullwright.tar.gz");
  Runs(command, options, SupportBundle, action);
}

}  // namespace hullwright::cli
