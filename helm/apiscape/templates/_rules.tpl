{{/* Rules of a role: what is always read, and what the families read that are switched on. Takes root and whether
     resources without a namespace are of it. Nothing else makes a rule. */}}
{{- define "apiscape.rules" -}}
{{- $root := index . 0 -}}
{{- $whole := index . 1 -}}
{{- $known := $root.Files.Get "files/resources.yaml" | fromYaml -}}
{{- $asked := $known.always -}}
{{- range $family, $rules := $known.families -}}
{{- if index $root.Values.kubernetes.resources $family -}}{{- $asked = concat $asked $rules -}}{{- end -}}
{{- end -}}
{{- range $asked }}
{{- if or $whole (not .cluster) }}
- apiGroups: [{{ .group | quote }}]
  resources: {{ toJson .resources }}
  verbs: {{ toJson (.verbs | default (list "get" "list" "watch")) }}
{{- end }}
{{- end }}
{{- end -}}
