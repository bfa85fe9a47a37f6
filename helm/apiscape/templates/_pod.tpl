{{/* The pod, alike for the Deployment and the CronJob. */}}

{{- define "apiscape.pod.security" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- range $key := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- with index $.Values.ids $key }}
{{ $key }}: {{ int64 . }}
{{- end }}
{{- end }}
{{- if .Values.ids.fsGroup }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
{{- end -}}

{{- define "apiscape.container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "apiscape.env" -}}
- {name: APISCAPE_CONFIG, value: /etc/apiscape/config/config.yaml}
{{- with .Values.store.postgresql }}
{{- if .existingSecret }}
- name: APISCAPE_STORE
  valueFrom:
    secretKeyRef: {name: {{ .existingSecret | quote }}, key: {{ .key | quote }}}
{{- else }}
- {name: APISCAPE_STORE, value: /var/lib/apiscape/inventory.db}
{{- end }}
{{- end }}
- {name: HOME, value: /var/lib/apiscape}
- {name: MALLOC_ARENA_MAX, value: "2"}
- {name: PYTHONDONTWRITEBYTECODE, value: "1"}
- {name: PYTHONUNBUFFERED, value: "1"}
{{- with .Values.otlp }}
{{- with .endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- with .protocol }}
- {name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "apiscape.mounts" -}}
- {name: store, mountPath: /var/lib/apiscape}
- {name: tmp, mountPath: /tmp}
- {name: config, mountPath: /etc/apiscape/config, readOnly: true}
{{- if .Values.kubernetes.enabled }}
- {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}
{{- if include "apiscape.entries" . }}
- {name: entries, mountPath: /etc/apiscape/entries, readOnly: true}
{{- end }}
{{- if include "apiscape.overlay.place" . }}
- {name: overlay, mountPath: /etc/apiscape/overlay, readOnly: true}
{{- end }}
{{- if or .Values.network.caConfigMap .Values.network.caSecret }}
- {name: ca, mountPath: /etc/apiscape/ca, readOnly: true}
{{- end }}
{{- if .Values.api.enabled }}
- {name: tokens, mountPath: /etc/apiscape/tokens, readOnly: true}
{{- if not .Values.api.behindProxy }}
- {name: tls, mountPath: /etc/apiscape/tls, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "apiscape.volumes" -}}
- name: store
{{- if and .Values.store.volume.enabled (not .Values.store.postgresql.existingSecret) }}
  persistentVolumeClaim:
    claimName: {{ .Values.store.volume.existingClaim | default (include "apiscape.fullname" .) }}
{{- else }}
  emptyDir: {}
{{- end }}
- name: tmp
  emptyDir: {}
- name: config
  configMap: {name: {{ include "apiscape.fullname" . }}}
{{- if .Values.kubernetes.enabled }}
# The token is mounted by hand: every container of the pod would have it otherwise.
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap:
          name: kube-root-ca.crt
          items: [{key: ca.crt, path: ca.crt}]
      - downwardAPI:
          items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]
{{- end }}
{{- if include "apiscape.entries" . }}
- name: entries
  configMap: {name: {{ include "apiscape.fullname" . }}-entries}
{{- end }}
{{- if .Values.overlay.gitSync.repository }}
- name: git
  emptyDir: {}
{{- end }}
{{- if include "apiscape.overlay.place" . }}
- name: overlay
{{- include "apiscape.overlay.volume" . | nindent 2 }}
{{- end }}
{{- with .Values.network }}
{{- if .caConfigMap }}
- name: ca
  configMap: {name: {{ .caConfigMap | quote }}}
{{- else if .caSecret }}
- name: ca
  secret: {secretName: {{ .caSecret | quote }}, defaultMode: 0400}
{{- end }}
{{- end }}
{{- if .Values.api.enabled }}
- name: tokens
  secret: {secretName: {{ .Values.api.existingSecret | quote }}, defaultMode: 0400}
{{- if not .Values.api.behindProxy }}
- name: tls
  secret: {secretName: {{ .Values.api.tlsSecret | quote }}, defaultMode: 0400}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A directory, never single files: those are not replaced in a running pod. */}}
{{- define "apiscape.overlay.volume" -}}
{{- with .Values.overlay -}}
{{- if .gitSync.repository -}}
emptyDir: {}
{{- else if .existingVolume -}}
{{- toYaml .existingVolume -}}
{{- else -}}
projected:
  sources:
    {{- if .files }}
    - configMap: {name: {{ include "apiscape.fullname" $ }}-overlay}
    {{- end }}
    {{- range .configMaps }}
    - configMap: {name: {{ . | quote }}}
    {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* git-sync: list of root, name of the container, further arguments. */}}
{{- define "apiscape.gitSync" -}}
{{- $root := index . 0 -}}
{{- $further := index . 2 -}}
- name: {{ index . 1 }}
{{- with $root.Values.overlay.gitSync }}
  image: {{ .image | quote }}
  args:
    - --repo={{ .repository }}
    - --ref={{ .ref }}
    - --root=/overlay
    - --link=current
    - --depth=1
    - {{ $further }}
  env:
    - {name: HOME, value: /tmp}
  {{- with .existingSecret }}
  envFrom:
    - secretRef: {name: {{ . | quote }}}
  {{- end }}
  securityContext: {{- include "apiscape.container.security" $root | nindent 4 }}
  resources: {{- toYaml .resources | nindent 4 }}
  volumeMounts:
    - {name: overlay, mountPath: /overlay}
    - {name: git, mountPath: /tmp}
{{- end }}
{{- end -}}

{{- define "apiscape.placed" -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "hostAliases" "dnsConfig" }}
{{- with index $.Values $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- range $key := list "priorityClassName" "runtimeClassName" }}
{{- with index $.Values $key }}
{{ $key }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What every pod of ours has in common, the test's as well. */}}
{{- define "apiscape.pod.basis" -}}
serviceAccountName: {{ include "apiscape.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- if not .Values.hostUsers }}
hostUsers: false
{{- end }}
securityContext: {{- include "apiscape.pod.security" . | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "apiscape.placed" . }}
{{- end -}}

{{- define "apiscape.container.basis" -}}
image: {{ include "apiscape.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext: {{- include "apiscape.container.security" . | nindent 2 }}
env: {{- include "apiscape.env" . | nindent 2 }}
{{- if or .Values.existingSecret .Values.extraEnvFrom }}
envFrom:
  {{- with .Values.existingSecret }}
  - secretRef: {name: {{ . | quote }}}
  {{- end }}
  {{- with .Values.extraEnvFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "apiscape.pod" -}}
{{- $agent := eq .Values.mode "agent" -}}
metadata:
  labels: {{- merge (dict) (fromYaml (include "apiscape.selector" .)) (fromYaml (include "apiscape.pod.labels" .)) | toYaml | nindent 4 }}
  annotations:
    kubectl.kubernetes.io/default-container: agent
    {{- if $agent }}
    checksum/doors: {{ include "apiscape.agent" . | sha256sum }}
    {{- end }}
    {{- with merge (dict) .Values.podAnnotations .Values.commonAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "apiscape.pod.basis" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ int .Values.terminationGracePeriodSeconds }}
  {{- if not $agent }}
  restartPolicy: Never
  {{- end }}
  {{- if or .Values.initContainers .Values.overlay.gitSync.repository }}
  initContainers:
    {{- if .Values.overlay.gitSync.repository }}
    {{- include "apiscape.gitSync" (list . "overlay-first" "--one-time") | nindent 4 }}
    {{- end }}
    {{- with .Values.initContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    - name: agent
      {{- include "apiscape.container.basis" . | nindent 6 }}
      args: {{- concat (list "agent") ($agent | ternary list (list "--once")) .Values.extraArgs | toYaml | nindent 8 }}
      {{- if $agent }}
      {{- include "apiscape.answers" . | nindent 6 }}
      {{- end }}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts: {{- include "apiscape.mounts" . | nindent 8 }}
    {{- if and $agent .Values.overlay.gitSync.repository }}
    {{- include "apiscape.gitSync" (list . "overlay" (printf "--period=%s" .Values.overlay.gitSync.period)) | nindent 4 }}
    {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes: {{- include "apiscape.volumes" . | nindent 4 }}
{{- end -}}

{{/* Beside what selects it: nothing that a mere version of the chart changes, for that would start the agent anew. */}}
{{- define "apiscape.pod.labels" -}}
{{- $azure := .Values.identity.azureClientId | empty | ternary (dict) (dict "azure.workload.identity/use" "true") -}}
{{- merge (dict) $azure .Values.podLabels .Values.commonLabels | toYaml -}}
{{- end -}}

{{/* Ports, and who asks whether the agent is well. A failing cloud fails none of these. */}}
{{- define "apiscape.answers" -}}
ports:
  - {name: probe, containerPort: {{ int .Values.probe.port }}}
  {{- if .Values.api.enabled }}
  - {name: api, containerPort: {{ int .Values.api.port }}}
  {{- end }}
startupProbe:
  httpGet: {path: /healthz, port: probe}
  periodSeconds: 5
  failureThreshold: {{ div (add (int .Values.startupSeconds) 4) 5 }}
livenessProbe:
  httpGet: {path: /healthz, port: probe}
  periodSeconds: 20
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: probe}
  periodSeconds: 10
  timeoutSeconds: 5
{{- end -}}
