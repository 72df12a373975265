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
{{- if .root.Values.objectStore.caSecret }}
- name: objects-ca
  mountPath: /etc/headway/objects
  readOnly: true
{{- end }}
{{- end -}}

{{- define "headway.objectStore.volumes" -}}
{{- if .root.Values.objectStore.dev.enabled }}
- name: objects
  persistentVolumeClaim:
    claimName: {{ include "headway.fullname" (dict "root" .root "component" "objects") }}
{{- end }}
{{- with .root.Values.objectStore.caSecret }}
- name: objects-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: {{ $.root.Values.objectStore.caKey }}
        path: ca.crt
{{- end }}
{{- end -}}
