{{/* The configuration file, as a mapping. Keys that are not set are left to the agent's defaults. */}}

{{- define "apiscape.agent" -}}
log_format: {{ .Values.log.format }}
log_level: {{ .Values.log.level }}
{{- if eq .Values.mode "agent" }}
probe_listen: {{ printf "%s:%d" .Values.listenAddress (int .Values.probe.port) | quote }}
{{- with .Values.api }}
{{- if .enabled }}
listen: {{ printf "%s:%d" $.Values.listenAddress (int .port) | quote }}
tokens: /etc/apiscape/tokens/{{ .key }}
{{- if .behindProxy }}
behind_proxy: true
{{- else }}
tls:
  certificate: /etc/apiscape/tls/tls.crt
  key: /etc/apiscape/tls/tls.key
{{- end }}
hosts: {{- include "apiscape.hosts" $ | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Names that callers know the API by. */}}
{{- define "apiscape.hosts" -}}
{{- $service := printf "%s-api" (include "apiscape.fullname" .) -}}
{{- $within := printf "%s.%s" $service (include "apiscape.namespace" .) -}}
{{- $own := list $service $within (printf "%s.svc" $within) (printf "%s.svc.cluster.local" $within) -}}
{{- $asked := concat .Values.api.hosts .Values.api.httpRoute.hostnames (compact (list .Values.api.ingress.host)) -}}
{{- concat $own $asked | uniq | toYaml -}}
{{- end -}}

{{- define "apiscape.sources" -}}
{{- $cluster := list -}}
{{- with .Values.kubernetes -}}
{{- if .enabled -}}
{{- $context := .uid | empty | ternary "in-cluster" (dict "context" "in-cluster" "uid" .uid) -}}
{{- $source := dict "name" .name "provider" "kubernetes" "contexts" (list $context) -}}
{{- with .namespaces }}{{- $_ := set $source "namespaces" . -}}{{- end -}}
{{- if .entries }}{{- $_ := set $source "entries" "/etc/apiscape/entries/entries.yaml" -}}{{- end -}}
{{- $cluster = list (merge $source .settings) -}}
{{- end -}}
{{- end -}}
{{- concat $cluster .Values.sources | toJson -}}
{{- end -}}

{{/* The cluster's own API server and Services are reached without the proxy. */}}
{{- define "apiscape.network" -}}
{{- with .Values.network -}}
{{- with .proxy }}
proxy: {{ . | quote }}
{{- end }}
no_proxy: {{- concat (list "${KUBERNETES_SERVICE_HOST}" "svc" "cluster.local") .noProxy | toYaml | nindent 2 }}
{{- if or .caConfigMap .caSecret }}
ca_bundle: /etc/apiscape/ca/{{ .caKey }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "apiscape.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "sources" (fromJsonArray (include "apiscape.sources" .)) -}}
{{- $_ := set $config "network" (fromYaml (include "apiscape.network" .)) -}}
{{- $_ := set $config "agent" (fromYaml (include "apiscape.agent" .)) -}}
{{- with include "apiscape.overlay.place" . }}{{- $_ := set $config "overlay" . -}}{{- end -}}
{{- toPrettyJson $config -}}
{{- end -}}

{{/* Entries for kinds of one's own; nothing where there are none. The agent takes up what changes of them. */}}
{{- define "apiscape.entries" -}}
{{- with .Values.kubernetes }}{{- if and .enabled .entries }}{{- toPrettyJson .entries }}{{- end }}{{- end -}}
{{- end -}}

{{/* Where the overlay's directory is in the pod; nothing where there is none. */}}
{{- define "apiscape.overlay.place" -}}
{{- with .Values.overlay -}}
{{- if .gitSync.repository -}}
{{- list "/etc/apiscape/overlay/current" .gitSync.path | compact | join "/" -}}
{{- else if or .files .configMaps .existingVolume -}}
/etc/apiscape/overlay
{{- end -}}
{{- end -}}
{{- end -}}
