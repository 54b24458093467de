{{/* Names and labels. */}}
{{- define "hullwright.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "hullwright.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "hullwright.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "hullwright.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "hullwright.selector" -}}
app.kubernetes.io/name: {{ include "hullwright.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of an object that belongs to no component: (dict "root" $). */}}
{{- define "hullwright.labels" -}}
app.kubernetes.io/name: {{ include "hullwright.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "hullwright.serviceAccount.webhook" -}}
{{- default (printf "%s-webhook" (include "hullwright.fullname" .)) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "hullwright.serviceAccount.operator" -}}
{{- default (printf "%s-operator" (include "hullwright.fullname" .)) .Values.operator.serviceAccount.name -}}
{{- end -}}

{{/* The Secret with tls.crt, tls.key and ca.crt. */}}
{{- define "hullwright.tlsSecret" -}}
{{- if eq .Values.certs.mode "secret" -}}
{{- required "certs.secretName: certs.mode secret needs the name of the Secret that holds tls.crt, tls.key and ca.crt" .Values.certs.secretName -}}
{{- else -}}
{{- printf "%s-webhook-tls" (include "hullwright.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* (dict "root" $ "image" .Values.image "name" "image") */}}
{{- define "hullwright.image" -}}
{{- $image := .image -}}
{{- if not (or $image.tag $image.digest) -}}
{{- fail (printf "%s: give a digest (sha256:…) or a tag" .name) -}}
{{- end -}}
{{- printf "%s/%s" (default $image.registry .root.Values.global.imageRegistry) $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* Namespaces that the gate leaves out, so that the cluster and it can recover alone. */}}
{{- define "hullwright.excludedNamespaces" -}}
{{- concat (list "kube-system" (include "hullwright.namespace" .)) .Values.webhook.excludedNamespaces | uniq | sortAlpha | toJson -}}
{{- end -}}
