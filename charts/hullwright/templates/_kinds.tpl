{{/* Resources of our kinds, as the files of crds/ are called. */}}
{{- define "hullwright.kinds" -}}
{{- $kinds := list -}}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" -}}
{{- $kinds = append $kinds (base $path | trimSuffix ".hullwright.dev.yaml") -}}
{{- end -}}
{{- toJson $kinds -}}
{{- end -}}

{{/* Those of which the operator writes the status. That of a scan is evidence, and belongs to whoever imports it. */}}
{{- define "hullwright.told" -}}
{{- without (include "hullwright.kinds" . | fromJsonArray) "imagescans" | toJson -}}
{{- end -}}

{{- define "hullwright.statuses" -}}
{{- $statuses := list -}}
{{- range include "hullwright.told" . | fromJsonArray -}}
{{- $statuses = append $statuses (printf "%s/status" .) -}}
{{- end -}}
{{- toJson $statuses -}}
{{- end -}}

{{/* A file with our labels put in, (dict "root" $ "file" PATH). Text is put in and nothing parsed: reading YAML would turn whole numbers into
     decimals, and lose the comments. */}}
{{- define "hullwright.labelled" -}}
{{- $metadata := printf "metadata:\n  labels:\n%s" (include "hullwright.labels" (dict "root" .root) | indent 4) -}}
{{- with .annotations }}{{ $metadata = printf "%s\n  annotations:\n%s" $metadata (toYaml . | indent 4) }}{{ end -}}
{{- regexReplaceAllLiteral "(?m)^metadata:$" (.root.Files.Get .file) $metadata -}}
{{- end -}}

{{/* Helm looks every kind up before it creates the first object, so that the first installation cannot bring kinds and objects of them.
     Only where a cluster answers: `helm template` cannot know. */}}
{{- define "hullwright.requireKinds" -}}
{{- if and .Values.crds.install .Release.IsInstall (not (.Capabilities.APIVersions.Has "hullwright.dev/v1alpha1")) -}}
{{- if lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "cluster-admin" -}}
{{- fail "policies and publishers: this cluster does not know their kinds yet. Install without them first, then set them with helm upgrade; or apply the files of crds/ before and set crds.install=false" -}}
{{- end -}}
{{- end -}}
{{- end -}}
