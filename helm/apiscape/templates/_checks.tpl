{{/* What values.schema.json cannot say: values that do not go together, each with what to do instead. */}}
{{- define "apiscape.checks" -}}
{{- $agent := eq .Values.mode "agent" -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail "replicas: an agent holds its store alone, so that one runs at a time; give it more memory or a longer `interval_s` instead" -}}
{{- end -}}
{{- if not (or .Values.kubernetes.enabled .Values.sources) -}}
{{- fail "sources: there is nothing to look at; switch `kubernetes.enabled` on or name a source" -}}
{{- end -}}
{{- range .Values.sources -}}
{{- if and $.Values.kubernetes.enabled (eq .name $.Values.kubernetes.name) -}}
{{- fail (printf "sources: %q is what this cluster is called already (`kubernetes.name`)" .name) -}}
{{- end -}}
{{- end -}}
{{- with .Values.api -}}
{{- if and .enabled (not $agent) -}}{{- fail "api.enabled: nobody answers between visits; it needs `mode: agent`" -}}{{- end -}}
{{- if and .enabled (not .existingSecret) -}}
{{- fail "api.existingSecret: a Secret with the tokens that may come in; without one nobody could" -}}
{{- end -}}
{{- if and .enabled (eq (not .tlsSecret) (not .behindProxy)) -}}
{{- fail "api: either `tlsSecret` with a certificate, or `behindProxy` where something before it does TLS" -}}
{{- end -}}
{{- if and .enabled .behindProxy (not (and .from $.Values.networkPolicy.ingress)) -}}
{{- fail "api.from: behind a proxy tokens come in clear, so say who the proxy is, and keep `networkPolicy.ingress` on" -}}
{{- end -}}
{{- if and .ingress.enabled (not (and .enabled .ingress.host)) -}}
{{- fail "api.ingress: it needs `api.enabled` and a `host`" -}}
{{- end -}}
{{- if and .httpRoute.enabled (not (and .enabled .httpRoute.parentRefs .httpRoute.hostnames)) -}}
{{- fail "api.httpRoute: it needs `api.enabled`, `parentRefs` and `hostnames`" -}}
{{- end -}}
{{- end -}}
{{- $ways := list (or .Values.overlay.files .Values.overlay.configMaps) .Values.overlay.existingVolume .Values.overlay.gitSync.repository -}}
{{- if gt (len (compact $ways)) 1 -}}
{{- fail "overlay: either files and ConfigMaps, or `existingVolume`, or `gitSync`" -}}
{{- end -}}
{{- if and .Values.overlay.gitSync.repository (not .Values.overlay.gitSync.image) -}}
{{- fail "overlay.gitSync.image: which image of git-sync, with its tag or digest" -}}
{{- end -}}
{{- if and .Values.network.caConfigMap .Values.network.caSecret -}}
{{- fail "network: the certificates are in `caConfigMap` or in `caSecret`, not in both" -}}
{{- end -}}
{{- with .Values.metrics -}}
{{- if and .serviceMonitor.enabled .podMonitor.enabled -}}
{{- fail "metrics: a ServiceMonitor or a PodMonitor; both would count everything twice" -}}
{{- end -}}
{{- if and (or .serviceMonitor.enabled .podMonitor.enabled) (not $agent) -}}
{{- fail "metrics: nobody answers a scrape between visits; set `otlp.endpoint`, or `mode: agent`" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.extraArgs (not $agent) (has "--once" .Values.extraArgs) -}}
{{- fail "extraArgs: `mode: job` gives --once already" -}}
{{- end -}}
{{- end -}}
