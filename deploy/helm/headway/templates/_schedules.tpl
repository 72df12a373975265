{{/* The rules of the scheduler, where values say them: a file of this release. Each takes "root" and "component". */}}

{{- define "headway.schedules" -}}
{{- if eq .component "scheduler" }}{{ .root.Values.scheduler.schedules }}{{ end -}}
{{- end -}}

{{/* What is mounted is read once: another file is other pods. */}}
{{- define "headway.schedules.annotations" -}}
{{- with include "headway.schedules" . }}
checksum/schedules: {{ sha256sum . }}
{{- end }}
{{- end -}}

{{- define "headway.schedules.mounts" -}}
{{- if include "headway.schedules" . }}
- name: schedules
  mountPath: /etc/headway/schedules
  readOnly: true
{{- end }}
{{- end -}}

{{- define "headway.schedules.volumes" -}}
{{- if include "headway.schedules" . }}
- name: schedules
  configMap:
    name: {{ include "headway.fullname" . }}
{{- end }}
{{- end -}}
