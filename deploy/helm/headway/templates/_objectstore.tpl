{{/* Where objects lie. Each takes "root". */}}

{{- define "headway.objectStore.url" -}}
{{- if .root.Values.objectStore.dev.enabled -}}
file:///var/lib/headway-objects/store
{{- else -}}
{{- .root.Values.objectStore.url -}}
{{- end -}}
{{- end -}}

{{- define "headway.objectStore.mounts" -}}
{{- if .root.Values.objectStore.dev.enabled }}
- name: objects
  mountPath: /var/lib/headway-objects
{{- end }}
{{- end -}}

{{- define "headway.objectStore.volumes" -}}
{{- if .root.Values.objectStore.dev.enabled }}
- name: objects
  persistentVolumeClaim:
    claimName: {{ include "headway.fullname" (dict "root" .root "component" "objects") }}
{{- end }}
{{- end -}}
