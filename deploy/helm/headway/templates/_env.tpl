{{/*
What processes are told, as variables in the pod itself: whatever is changed rolls the pods it is
about and no others, and a rollback brings back what was told before. Nothing secret stands there.
*/}}

{{/* A number as people write it: Helm has 2000000000 as 2e+09. */}}
{{- define "headway.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Of everything that speaks to Kafka. Takes "root". */}}
{{- define "headway.env.kafka" -}}
- name: INSTANCE_ID
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: KAFKA_BOOTSTRAP_SERVERS
  value: {{ include "headway.kafka.servers" . | quote }}
{{- with include "headway.kafka.options" . }}
- name: KAFKA_CLIENT_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- with include "headway.kafka.optionsFile" . }}
- name: KAFKA_CLIENT_OPTIONS_FILE
  value: {{ . | quote }}
{{- end }}
{{- with .root.Values.kafka.topicPrefix }}
- name: TOPIC_PREFIX
  value: {{ . | quote }}
{{- end }}
- name: PARTITIONS
  value: {{ int .root.Values.kafka.partitions | quote }}
- name: REPLICATION_FACTOR
  value: {{ include "headway.kafka.copies" . | quote }}
- name: MIN_INSYNC_REPLICAS
  value: {{ include "headway.kafka.inSync" . | quote }}
{{- end -}}

{{/* Where objects lie, and who we are there. Takes "root". */}}
{{- define "headway.env.objectStore" -}}
{{- $store := .root.Values.objectStore -}}
- name: OBJECT_STORE_URL
  value: {{ include "headway.objectStore.url" . | quote }}
{{- with $store.region }}
- name: AWS_REGION
  value: {{ . | quote }}
{{- end }}
{{- with $store.endpoint }}
- name: AWS_ENDPOINT_URL
  value: {{ . | quote }}
{{- end }}
{{- if $store.caSecret }}
- name: SSL_CERT_FILE
  value: /etc/headway/objects/ca.crt
{{- end }}
{{- with $store.existingSecret }}
{{- range $key := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" }}
- name: {{ $key }}
  valueFrom:
    secretKeyRef:
      name: {{ $store.existingSecret }}
      key: {{ $key }}
      {{- if eq $key "AWS_SESSION_TOKEN" }}
      optional: true
      {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Of one service: its settings, what follows from other values, and what values add. */}}
{{- define "headway.env" -}}
{{- $settings := deepCopy .values.settings -}}
{{- $settings = mergeOverwrite $settings (include "headway.env.derived" . | fromYaml) -}}
{{ include "headway.env.kafka" . }}
{{- if .store }}
{{ include "headway.env.objectStore" . }}
{{- end }}
- name: TMPDIR
  value: /tmp
{{- if .stage }}
- name: SCRATCH_DIR
  value: /tmp
{{- end }}
{{- range $name, $value := $settings }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
- name: {{ $name }}
  value: {{ include "headway.text" $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .values.pod.env }}
- name: {{ $name }}
  {{- if kindIs "map" $value }}
  {{- toYaml $value | nindent 2 }}
  {{- else }}
  value: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Settings that follow from others: who calls whom by which name. */}}
{{- define "headway.env.derived" -}}
{{- $settings := .values.settings -}}
{{- $hosts := .root.Values.hosts -}}
{{- $gateway := dict "root" .root "component" "gateway" -}}
{{- $status := dict "root" .root "component" "status" -}}
{{- if eq .component "gateway" }}
STATUS_URL: {{ include "headway.url" $status | quote }}
STATUS_API_URL: {{ printf "http://%s:%d" (include "headway.serviceHost" $status) (int .root.Values.status.service.port) | quote }}
ALLOWED_HOSTS: {{ list $settings.ALLOWED_HOSTS $hosts.gateway | compact | join "," | quote }}
{{- if ne (include "headway.url" $status) (include "headway.url" $gateway) }}
ALLOWED_ORIGINS: {{ list $settings.ALLOWED_ORIGINS (include "headway.origin" $status) | compact | join "," | quote }}
{{- end }}
{{- else if eq .component "status" }}
GATEWAY_URL: {{ include "headway.url" $gateway | quote }}
ALLOWED_HOSTS: {{ list $settings.ALLOWED_HOSTS $hosts.status | compact | join "," | quote }}
DATA_DIR: /var/lib/headway
{{- else if include "headway.schedules.mounts" . }}
SCHEDULES_FILE: /etc/headway/schedules/schedules.yaml
{{- end }}
{{- end -}}

{{/*
The address that users call a service by: said, or its host, or what a port forwarded by kubectl
looks like where there is neither (NOTES.txt says how). Takes "root" and "component".
*/}}
{{- define "headway.url" -}}
{{- $said := index .root.Values .component -}}
{{- $host := index .root.Values.hosts .component -}}
{{- if $said.url -}}
{{- $said.url -}}
{{- else if $host -}}
{{- printf "%s://%s" .root.Values.hosts.scheme $host -}}
{{- else -}}
{{- printf "http://localhost:%s" (include "headway.forwarded" .) -}}
{{- end -}}
{{- end -}}

{{/* The port of this machine that NOTES.txt says to forward. */}}
{{- define "headway.forwarded" -}}
{{- include "headway.text" (index .root.Values .component).settings.HTTP_PORT -}}
{{- end -}}

{{/* Scheme and host of that address, as a browser tells it of a page. */}}
{{- define "headway.origin" -}}
{{- $parts := urlParse (include "headway.url" .) -}}
{{- printf "%s://%s" $parts.scheme $parts.host -}}
{{- end -}}
