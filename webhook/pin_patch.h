// Writing the digest behind the tag of images in a Pod: what POST /v1/pin answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/image_reference.h"

namespace hullwright::webhook {

// One image of the object under review and what is to stand there.
struct Pin {
  std::string field_path;  // of the use: "spec.containers[0].image", "spec.volumes[1].image.reference"
  std::string reference;
};

// "nginx" → "nginx:latest@sha256:…": the tag stays, also the one that was not written, so that rules about tags see it still.
// image: parsed from as_written, without a digest.
std::string PinnedReference(std::string_view as_written, const ImageReference& image, const Digest& digest);

// RFC 6902: one "replace" for each, of members that exist, since their values were read from there. "" for no pins.
std::string PinPatch(const std::vector<Pin>& pins);

// RFC 6901: "spec.containers[0].image" → "/spec/containers/0/image".
std::string JsonPointerOf(std::string_view field_path);

}  // namespace hullwright::webhook
