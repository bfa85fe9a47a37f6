{{/* Rules of roles, of files/resources.yaml and of `kubernetes.entries`: nothing else makes one. */}}

{{/* What is always read, and what the families read that are switched on: list of root, and whether resources without
     a namespace are of it. */}}
{{- define "apiscape.rules" -}}
{{- $root := index . 0 -}}
{{- $whole := index . 1 -}}
{{- $known := $root.Files.Get "files/resources.yaml" | fromYaml -}}
{{- $asked := concat $known.identity $known.always -}}
{{- range $family, $rules := $known.families -}}
{{- if index $root.Values.kubernetes.resources $family -}}{{- $asked = concat $asked $rules -}}{{- end -}}
{{- end -}}
{{- range $root.Values.kubernetes.entries -}}
{{- $cluster := eq (toString .resource.namespaced) "false" -}}
{{- $asked = append $asked (dict "group" .resource.group "resources" (list .resource.plural) "cluster" $cluster) -}}
{{- end -}}
{{- range $asked }}
{{- if or $whole (not .cluster) }}
{{- include "apiscape.rule" . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Which cluster it is. */}}
{{- define "apiscape.rules.identity" -}}
{{- $known := .Files.Get "files/resources.yaml" | fromYaml -}}
{{- range $known.identity }}{{- include "apiscape.rule" . }}{{- end }}
{{- end -}}

{{- define "apiscape.rule" }}
- apiGroups: [{{ .group | quote }}]
  resources: {{ toJson .resources }}
  {{- with .names }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: {{ toJson (.verbs | default (list "list" "watch")) }}
{{- end -}}
