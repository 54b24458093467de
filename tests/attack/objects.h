// Objects that the attacks begin with, as small as the API server takes them. Names are made unique by the caller.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace hullwright::test {

using Json = nlohmann::json;

Json Container(const std::string& name, const std::string& image);
Json Pod(const std::string& name, const std::string& image, const std::string& name_space = "default");
// As the kubelet of node n1 makes it of a static Pod.
Json MirrorPod(const std::string& name, const std::string& image);
// kind: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, ReplicationController, PodTemplate.
Json Workload(const std::string& kind, const std::string& name, const std::string& image);
// The PodSpec inside any of them.
Json& PodSpecOf(Json& object);
// A review as the API server would send it.
Json Review(const Json& object, const std::string& operation = "CREATE");
// "deployments" of "Deployment".
std::string PluralOf(const std::string& kind);

}  // namespace hullwright::test
