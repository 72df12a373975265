{{/* How fast: up at once; down by one pod a minute, for each step moves partitions. */}}
{{- define "headway.scaling.behavior" -}}
scaleDown:
  stabilizationWindowSeconds: {{ int (default 300 .scaleDownStabilizationSeconds) }}
  policies:
    - type: Pods
      value: 1
      periodSeconds: 60
{{- end -}}
