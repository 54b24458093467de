#include "cli/check.h"

#include <algorithm>

#include "cli/progress.h"
#include "cli/render.h"

namespace hullwright::cli {
namespace {

std::string Render(const Review& review, const std::string& output, const Terminal& terminal) {
  if (output == "json") return RenderJson(review);
  if (output == "yaml") return RenderYaml(review);
  if (output == "sarif") return RenderSarif(review);
  if (output == "junit") return RenderJunit(review);
  return RenderTable(review, terminal);
}

// What is unreadable is in every output; the person who sent that to a file hears of it too.
std::string ErrorsOf(const Review& review) {
  std::string text;
  for (const ManifestError& error : review.errors) text += ErrorLine(error.place.ToString() + ": " + error.error);
  for (const InputProblem& problem : review.problems) text += ErrorLine(problem.ToString());
  for (const std::string& note : review.notes) text += ErrorLine(note);
  return text;
}

std::string NotesOf(const Review& review) {
  std::string text;
  for (const std::string& note : review.notes) text += ErrorLine(note);
  return text;
}

// None while standard input is read: somebody may be typing it on this very terminal.
Terminal ProgressTerminal(const ReviewOptions& review, const Environment& environment) {
  const auto reads_stdin = [](const std::vector<std::string>& paths) { return std::ranges::find(paths, "-") != paths.end(); };
  return reads_stdin(review.manifests) || reads_stdin(review.old_manifests) ? Terminal{} : environment.err;
}

}  // namespace

CommandOutput Check(const CheckOptions& options, const Environment& environment) {
  const Progress progress("reading policies, scans and manifests", ProgressTerminal(options.review, environment));
  const auto review = RunReview(options.review, environment);
  if (!review) return Failed(review.error().code, review.error().message);
  const bool for_people = options.output == "table";
  return {review->Verdict(), Render(*review, options.output, environment.out), for_people ? NotesOf(*review) : ErrorsOf(*review)};
}

CommandOutput Explain(CheckOptions options, const Environment& environment) {
  const Progress progress("reading policies, scans and manifests", ProgressTerminal(options.review, environment));
  options.review.trace = true;
  const auto review = RunReview(options.review, environment);
  if (!review) return Failed(review.error().code, review.error().message);
  const bool for_people = options.output == "table";
  std::string out = for_people ? RenderExplanation(*review, environment.out) : Render(*review, options.output, environment.out);
  return {review->Verdict(), std::move(out), for_people ? NotesOf(*review) : ErrorsOf(*review)};
}

}  // namespace hullwright::cli
