{{/* What every Pod of the chart has: (dict "root" $ "component" "webhook" "serviceAccount" NAME). */}}
{{- define "hullwright.pod" -}}
serviceAccountName: {{ .serviceAccount }}
# The token is mounted by the Pod itself: it ends after an hour.
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
{{ toYaml .root.Values.podSecurityContext | indent 2 }}
{{- end -}}

{{/* Where it may run: (dict "root" $ "component" C "values" .Values or .Values.operator). */}}
{{- define "hullwright.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
{{ toYaml . }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
{{- $one := deepCopy . }}
{{- if not $one.labelSelector }}
{{- $_ := set $one "labelSelector" (dict "matchLabels" (include "hullwright.selector" $ | fromYaml)) }}
{{- /* Only replicas of one version are spread against each other, or an upgrade would end lopsided. */}}
{{- $_ := set $one "matchLabelKeys" (default (list "pod-template-hash") $one.matchLabelKeys) }}
{{- end }}
{{ toYaml (list $one) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "hullwright.tokenMount" -}}
- {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end -}}

{{- define "hullwright.tokenVolume" -}}
- name: token
  projected:
    defaultMode: 288    # 0440
    sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3600}
    - configMap:
        name: kube-root-ca.crt
        items: [{key: ca.crt, path: ca.crt}]
    - downwardAPI:
        items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]
{{- end -}}

{{- define "hullwright.probes" -}}
# On the port for metrics, which a flood on the other one does not reach.
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

{{- define "hullwright.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "hullwright.fullname" .root }}-{{ .component }}
  namespace: {{ include "hullwright.namespace" .root }}
  labels:
{{ include "hullwright.labels" . | indent 4 }}
spec:
{{- $budget := .values.podDisruptionBudget }}
{{- if hasKey $budget "minAvailable" }}
  minAvailable: {{ $budget.minAvailable }}
{{- else }}
  maxUnavailable: {{ $budget.maxUnavailable }}
{{- end }}
  # A Pod that is not ready protects nobody and may not hold up a drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
{{ include "hullwright.selector" . | indent 6 }}
{{- end -}}
