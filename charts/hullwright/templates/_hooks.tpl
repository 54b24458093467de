{{/* The wanted webhook configurations, without caBundle. The operator puts it in and keeps them so. */}}

{{- define "hullwright.hookMetadata" -}}
name: {{ include "hullwright.fullname" . }}
labels:
{{ include "hullwright.labels" (dict "root" . "component" "webhook") | indent 2 }}
{{- with .Values.webhook.annotations }}
annotations:
{{ toYaml . | indent 2 }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "path" "/v1/…") */}}
{{- define "hullwright.hookClient" -}}
admissionReviewVersions: [v1]
clientConfig:
  service: {namespace: {{ include "hullwright.namespace" .root }}, name: {{ include "hullwright.fullname" .root }}-webhook, path: {{ .path }}, port: {{ .root.Values.service.port }}}
matchPolicy: Equivalent
timeoutSeconds: {{ .root.Values.webhook.timeoutSeconds }}
{{- end -}}

{{/* By the immutable name label only: a label that users can set would be a way out. */}}
{{- define "hullwright.namespaceSelector" -}}
namespaceSelector:
  matchExpressions:
  - {key: kubernetes.io/metadata.name, operator: NotIn, values: {{ include "hullwright.excludedNamespaces" . }}}
{{- with .Values.webhook.namespaceSelector.matchExpressions }}
{{ toYaml . | indent 2 }}
{{- end }}
{{- end -}}

{{/* An update that leaves images as they are is never refused. Where the API server is known by its certificate it is still sent: from it
     the webhook learns what runs already (docs/decisions/0011-already-admitted.md). Kinds of others may keep their PodSpec elsewhere. */}}
{{- define "hullwright.changesNoImage" -}}
{{- if not .Values.clientCA.configMapName }}
- name: spec-changes
  expression: >-
    request.operation != 'UPDATE' || !(request.resource.group in ['', 'apps', 'batch']) || !has(object.spec) || !has(oldObject.spec) ||
    object.spec != oldObject.spec
{{- end }}
- name: template-changes
  expression: >-
    request.operation != 'UPDATE' || !(request.resource.group in ['', 'apps', 'batch']) || !has(object.spec) || !has(oldObject.spec) ||
    !has(object.spec.template) || !has(oldObject.spec.template) || object.spec.template != oldObject.spec.template
{{- end -}}

{{- define "hullwright.namesTag" -}}
- name: names-a-tag
  expression: >-
    !has(object.spec) || !has(object.spec.containers) || object.spec.containers.exists(c, !has(c.image) || !c.image.contains('@')) ||
    has(object.spec.initContainers) && object.spec.initContainers.exists(c, !has(c.image) || !c.image.contains('@')) ||
    has(object.spec.ephemeralContainers) && object.spec.ephemeralContainers.exists(c, !has(c.image) || !c.image.contains('@')) ||
    has(object.spec.volumes) && object.spec.volumes.exists(v, has(v.image) && (!has(v.image.reference) || !v.image.reference.contains('@')))
{{- end -}}

{{- define "hullwright.validatingHooks" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
{{ include "hullwright.hookMetadata" . | indent 2 }}
webhooks:
- name: images.hullwright.dev
{{ include "hullwright.hookClient" (dict "root" . "path" "/v1/validate") | indent 2 }}
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  sideEffects: NoneOnDryRun
{{ include "hullwright.namespaceSelector" . | indent 2 }}
  matchConditions:
{{ include "hullwright.changesNoImage" . | trim | indent 2 }}
{{- with .Values.webhook.matchConditions }}
{{ toYaml . | indent 2 }}
{{- end }}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, podtemplates, replicationcontrollers], scope: Namespaced}
  # `pods` does not match subresources.
  - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [pods/ephemeralcontainers, pods/resize], scope: Namespaced}
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments, replicasets, statefulsets, daemonsets], scope: Namespaced}
  - {apiGroups: [batch], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [jobs, cronjobs], scope: Namespaced}
{{- range .Values.workloads }}
  - {apiGroups: [{{ .apiGroup }}], apiVersions: {{ .apiVersions | toJson }}, operations: [CREATE, UPDATE], resources: [{{ .resource }}], scope: Namespaced}
{{- end }}
- name: objects.hullwright.dev
{{ include "hullwright.hookClient" (dict "root" . "path" "/v1/validate-objects") | indent 2 }}
  failurePolicy: Fail
  sideEffects: None
  rules:
  - {apiGroups: [hullwright.dev], apiVersions: [v1alpha1], operations: [CREATE, UPDATE], resources: ["*"], scope: "*"}
  # "*" does not match subresources; a scan's evidence is its status, and taking one away changes what is known as well.
  - {apiGroups: [hullwright.dev], apiVersions: [v1alpha1], operations: [UPDATE], resources: [imagescans/status], scope: Cluster}
  - {apiGroups: [hullwright.dev], apiVersions: [v1alpha1], operations: [DELETE], resources: [imagescans], scope: Cluster}
{{- end -}}

{{- define "hullwright.mutatingHooks" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
{{ include "hullwright.hookMetadata" . | indent 2 }}
webhooks:
- name: pin.hullwright.dev
{{ include "hullwright.hookClient" (dict "root" . "path" "/v1/pin") | indent 2 }}
  # A tag that was not pinned is refused by the validating hook where the policy wants a digest: nothing gets in by this hook's absence.
  failurePolicy: Ignore
  sideEffects: None
  # Other hooks may add containers after us.
  reinvocationPolicy: IfNeeded
{{ include "hullwright.namespaceSelector" . | indent 2 }}
  matchConditions:
{{ include "hullwright.namesTag" . | indent 2 }}
{{- with .Values.webhook.matchConditions }}
{{ toYaml . | indent 2 }}
{{- end }}
  # Pods alone: templates stay as their authors wrote them (docs/decisions/0016-pods-are-pinned.md).
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: Namespaced}
  - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [pods/ephemeralcontainers], scope: Namespaced}
- name: stamp.hullwright.dev
{{ include "hullwright.hookClient" (dict "root" . "path" "/v1/stamp") | indent 2 }}
  # Without the stamp the validating hook refuses the object, so nothing unstamped gets in.
  failurePolicy: Fail
  sideEffects: None
  reinvocationPolicy: IfNeeded
  rules:
  - apiGroups: [hullwright.dev]
    apiVersions: [v1alpha1]
    operations: [CREATE, UPDATE]
    resources: [vulnerabilityexceptions, clustervulnerabilityexceptions, breakglasses]
    scope: "*"
  - {apiGroups: [hullwright.dev], apiVersions: [v1alpha1], operations: [UPDATE], resources: [imagescans/status], scope: Cluster}
{{- end -}}

{{- define "hullwright.hooksConfigMap" -}}
data:
  validating.yaml: |
{{ include "hullwright.validatingHooks" . | indent 4 }}
  mutating.yaml: |
{{ include "hullwright.mutatingHooks" . | indent 4 }}
{{- end -}}
