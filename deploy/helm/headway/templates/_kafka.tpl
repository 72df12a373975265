{{/* How to reach Kafka, and how to be let in. Each takes "root". */}}

{{- define "headway.kafka.servers" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if $kafka.dev.enabled -}}
{{- printf "%s:9092" (include "headway.kafka.devHost" .) -}}
{{- else -}}
{{- $kafka.bootstrapServers -}}
{{- end -}}
{{- end -}}

{{- define "headway.kafka.devHost" -}}
{{- default (include "headway.serviceHost" (dict "root" .root "component" "kafka")) .root.Values.kafka.dev.advertisedHost -}}
{{- end -}}

{{/* Copies of a record, and those that have to have it: one node has one. */}}
{{- define "headway.kafka.copies" -}}
{{- if .root.Values.kafka.dev.enabled }}1{{ else }}{{ int .root.Values.kafka.replicationFactor }}{{ end -}}
{{- end -}}

{{- define "headway.kafka.inSync" -}}
{{- if .root.Values.kafka.dev.enabled }}1{{ else }}{{ int .root.Values.kafka.minInsyncReplicas }}{{ end -}}
{{- end -}}

{{/* Options that are no secrets, as KAFKA_CLIENT_OPTIONS takes them: name="value";… */}}
{{- define "headway.kafka.options" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $options := dict -}}
{{- if not $kafka.dev.enabled -}}
{{- if or $kafka.tls.enabled $kafka.sasl.mechanism -}}
{{- $protocol := list (ternary "SASL" "" (ne $kafka.sasl.mechanism "")) (ternary "SSL" "PLAINTEXT" $kafka.tls.enabled) | compact | join "_" -}}
{{- $_ := set $options "security.protocol" $protocol -}}
{{- end -}}
{{- if and $kafka.tls.enabled $kafka.tls.caSecret -}}
{{- $_ := set $options "ssl.ca.location" "/etc/headway/kafka/ca/ca.crt" -}}
{{- end -}}
{{- if and $kafka.tls.enabled $kafka.tls.clientSecret -}}
{{- $_ := set $options "ssl.certificate.location" "/etc/headway/kafka/client/tls.crt" -}}
{{- $_ := set $options "ssl.key.location" "/etc/headway/kafka/client/tls.key" -}}
{{- end -}}
{{- with $kafka.sasl.mechanism -}}
{{- $_ := set $options "sasl.mechanism" . -}}
{{- with $kafka.sasl.username -}}
{{- $_ := set $options "sasl.username" . -}}
{{- end -}}
{{- end -}}
{{- $options = mergeOverwrite $options $kafka.options -}}
{{- end -}}
{{- $parts := list -}}
{{- range $name, $value := $options -}}
{{- $text := include "headway.text" $value | replace "\\" "\\\\" | replace "\"" "\\\"" -}}
{{- $parts = append $parts (printf "%s=\"%s\"" $name $text) -}}
{{- end -}}
{{- $parts | join ";" -}}
{{- end -}}

{{/* What is secret: a file of options, or a folder with a file for each. */}}
{{- define "headway.kafka.optionsFile" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if $kafka.dev.enabled -}}
{{- else if $kafka.optionsSecret -}}
/etc/headway/kafka/options/kafka.properties
{{- else if $kafka.sasl.mechanism -}}
/etc/headway/kafka/options
{{- end -}}
{{- end -}}

{{- define "headway.kafka.mounts" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if include "headway.kafka.optionsFile" . }}
- name: kafka-options
  mountPath: /etc/headway/kafka/options
  readOnly: true
{{- end }}
{{- if and (not $kafka.dev.enabled) $kafka.tls.enabled }}
{{- with $kafka.tls.caSecret }}
- name: kafka-ca
  mountPath: /etc/headway/kafka/ca
  readOnly: true
{{- end }}
{{- with $kafka.tls.clientSecret }}
- name: kafka-client
  mountPath: /etc/headway/kafka/client
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{- define "headway.kafka.volumes" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if include "headway.kafka.optionsFile" . }}
- name: kafka-options
  secret:
    defaultMode: 0440
    {{- if $kafka.optionsSecret }}
    secretName: {{ $kafka.optionsSecret }}
    items:
      - key: {{ $kafka.optionsKey }}
        path: kafka.properties
    {{- else }}
    secretName: {{ $kafka.sasl.secret }}
    items:
      - key: {{ $kafka.sasl.passwordKey }}
        path: sasl.password
      {{- if not $kafka.sasl.username }}
      - key: {{ $kafka.sasl.usernameKey }}
        path: sasl.username
      {{- end }}
    {{- end }}
{{- end }}
{{- if and (not $kafka.dev.enabled) $kafka.tls.enabled }}
{{- with $kafka.tls.caSecret }}
- name: kafka-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: {{ $kafka.tls.caKey }}
        path: ca.crt
{{- end }}
{{- with $kafka.tls.clientSecret }}
- name: kafka-client
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: {{ $kafka.tls.clientCertificateKey }}
        path: tls.crt
      - key: {{ $kafka.tls.clientPrivateKeyKey }}
        path: tls.key
{{- end }}
{{- end }}
{{- end -}}
