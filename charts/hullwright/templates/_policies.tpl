{{/* What the three sample policies share: (dict "root" $ "name" "baseline"). */}}
{{- define "hullwright.policyHead" -}}
apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata:
  name: {{ .name }}
  labels:
{{ include "hullwright.labels" (dict "root" .root) | indent 4 }}
spec:
  match:
{{- $match := .root.Values.policies.match }}
{{- with $match.images }}
    images: {{ toJson . }}
{{- end }}
    # What `helm test` uses has rules of its own.
    excludeImages: {{ append (default (list) $match.excludeImages) "hullwright-test.invalid/**" | uniq | toJson }}
{{- with $match.namespaceSelector }}
    namespaceSelector:
{{ toYaml . | indent 6 }}
{{- end }}
{{- end -}}

{{/* Names of publishers as references; fails with (dict "names" … "because" …) where there are none. */}}
{{- define "hullwright.publisherRefs" -}}
{{- if not .names }}{{ fail .because }}{{ end -}}
{{- $refs := list -}}
{{- range .names }}{{ $refs = append $refs (dict "name" .) }}{{ end -}}
{{- toJson $refs -}}
{{- end -}}
