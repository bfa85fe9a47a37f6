{{/* What objects are called, and which labels tell them apart. */}}

{{- define "apiscape.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "apiscape.fullname" -}}
{{- $name := include "apiscape.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $both | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "apiscape.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "apiscape.serviceAccount" -}}
{{- $own := .Values.serviceAccount.create | ternary (include "apiscape.fullname" .) "default" -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{/* Labels that select the agent's pod: nothing that changes between two versions of a release. */}}
{{- define "apiscape.selector" -}}
app.kubernetes.io/name: {{ include "apiscape.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: agent
{{- end -}}

{{- define "apiscape.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "apiscape.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata of an object: list of root, suffix of the name, own labels, own annotations. */}}
{{- define "apiscape.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "apiscape.fullname" $root }}{{ index . 1 }}
namespace: {{ include "apiscape.namespace" $root }}
{{ include "apiscape.described" (list $root (index . 2) (index . 3)) }}
{{- end -}}

{{/* Labels and annotations of an object: list of root, own labels, own annotations. */}}
{{- define "apiscape.described" -}}
{{- $root := index . 0 -}}
{{- $labels := merge (dict) (index . 1) (fromYaml (include "apiscape.labels" $root)) -}}
{{- $annotations := merge (dict) (index . 2) $root.Values.commonAnnotations -}}
labels: {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "apiscape.image" -}}
{{- with .Values.image -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}
