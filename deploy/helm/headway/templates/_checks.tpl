{{/* What the schema of values cannot say, each with what to do. */}}
{{- define "headway.checks" -}}
{{- $kafka := .Values.kafka -}}
{{- if not (or $kafka.bootstrapServers $kafka.dev.enabled) -}}
{{- fail "kafka.bootstrapServers: say where the brokers are, or kafka.dev.enabled=true for a try" -}}
{{- end -}}
{{- if and $kafka.bootstrapServers $kafka.dev.enabled -}}
{{- fail "kafka.bootstrapServers and kafka.dev.enabled: which Kafka is meant? Leave one out" -}}
{{- end -}}
{{- if and $kafka.replicationFactor (gt (int $kafka.minInsyncReplicas) (int $kafka.replicationFactor)) -}}
{{- fail (printf "kafka.minInsyncReplicas: %d copies cannot have a record where there are %d (kafka.replicationFactor): nothing could be written" (int $kafka.minInsyncReplicas) (int $kafka.replicationFactor)) -}}
{{- end -}}
{{- if and $kafka.sasl.mechanism (not $kafka.sasl.secret) -}}
{{- fail "kafka.sasl.secret: name the Secret that has the password" -}}
{{- end -}}
{{- if and $kafka.sasl.mechanism $kafka.optionsSecret -}}
{{- fail "kafka.optionsSecret and kafka.sasl: say sasl.* in the file of the Secret, or leave it out" -}}
{{- end -}}
{{- if and $kafka.tls.clientSecret (not $kafka.tls.enabled) -}}
{{- fail "kafka.tls.clientSecret: a certificate is told over TLS alone; say kafka.tls.enabled=true" -}}
{{- end -}}
{{- include "headway.checks.topics" . -}}
{{- include "headway.checks.objectStore" . -}}
{{- include "headway.checks.routes" . -}}
{{- include "headway.checks.schedules" . -}}
{{- include "headway.checks.settings" . -}}
{{- include "headway.checks.scaling" . -}}
{{- end -}}

{{/* Where values say what is said of a component. */}}
{{- define "headway.place" -}}
{{- if .stage }}stages.{{ end }}{{ .name }}
{{- end -}}

{{/* Settings that pods are made of: where null takes one away, nobody knows what the service does. */}}
{{- define "headway.checks.settings" -}}
{{- range $c := include "headway.components" . | fromYamlArray -}}
{{- $place := include "headway.place" $c -}}
{{- range $name := list "HTTP_PORT" "DRAIN_SECONDS" "EXIT_SECONDS" -}}
{{- if kindIs "invalid" (index $c.values.settings $name) -}}
{{- fail (printf "%s.settings.%s: say a number; pods are made of it" $place $name) -}}
{{- end -}}
{{- end -}}
{{- if not (int $c.values.settings.HTTP_PORT) -}}
{{- fail (printf "%s.settings.HTTP_PORT: 0 is any port, where nobody looks" $place) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "headway.checks.topics" -}}
{{- if eq .Values.topics.manage "strimzi" -}}
{{- if not .Values.topics.strimzi.cluster -}}
{{- fail "topics.strimzi.cluster: say the name of the Kafka object" -}}
{{- end -}}
{{- if .Values.kafka.dev.enabled -}}
{{- fail "topics.manage=strimzi: its operator does not manage the Kafka of kafka.dev; say job" -}}
{{- end -}}
{{- if not .Values.kafka.replicationFactor -}}
{{- fail "kafka.replicationFactor: a KafkaTopic has to say how many copies there are" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "headway.checks.objectStore" -}}
{{- $store := .Values.objectStore -}}
{{- if not (or $store.url $store.dev.enabled) -}}
{{- fail "objectStore.url: say s3://bucket/prefix, or objectStore.dev.enabled=true for a try" -}}
{{- end -}}
{{- if and $store.url $store.dev.enabled -}}
{{- fail "objectStore.url and objectStore.dev.enabled: which store is meant? Leave one out" -}}
{{- end -}}
{{- end -}}

{{- define "headway.checks.routes" -}}
{{- if or .Values.ingress.enabled .Values.gatewayAPI.enabled -}}
{{- range $name := list "gateway" "status" -}}
{{- if not (index $.Values.hosts $name) -}}
{{- fail (printf "hosts.%s: say at which host it answers; both may answer at one" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (ne .Values.ingress.controller "nginx") (eq .Values.hosts.gateway .Values.hosts.status) -}}
{{- fail "hosts: by an Ingress, one host for both needs regular expressions (ingress.controller=nginx); say two hosts, or take gatewayAPI" -}}
{{- end -}}
{{- if and .Values.gatewayAPI.enabled (not .Values.gatewayAPI.parentRefs) -}}
{{- fail "gatewayAPI.parentRefs: name the Gateway that the routes belong to" -}}
{{- end -}}
{{- end -}}

{{/* Whether it is a file at all; the scheduler says every other fault of it, and does not start. */}}
{{- define "headway.checks.schedules" -}}
{{- $said := .Values.scheduler.schedules -}}
{{- if and $said (not (hasKey (fromYaml $said) "rules")) -}}
{{- fail "scheduler.schedules: say the rules themselves, `rules: …`; those of a file by --set-file scheduler.schedules=FILE" -}}
{{- end -}}
{{- end -}}

{{- define "headway.checks.scaling" -}}
{{- range $c := include "headway.components" . | fromYamlArray -}}
{{- $most := include "headway.mostReplicas" $c | int -}}
{{- $scaled := include "headway.autoscaled" $c -}}
{{- if and $scaled (gt (int $c.values.autoscaling.minReplicas) $most) -}}
{{- fail (printf "%s.autoscaling.minReplicas: %d are more than maxReplicas, %d" $c.name (int $c.values.autoscaling.minReplicas) $most) -}}
{{- end -}}
{{- if $c.source -}}
{{- $partitions := include "headway.partitions" (dict "root" $ "source" $c.source) | int -}}
{{- if not $partitions -}}
{{- fail (printf "%s.source: %s is no declared topic; say kafka.partitions" (include "headway.place" $c) $c.source) -}}
{{- end -}}
{{- if gt $most $partitions -}}
{{- fail (printf "%s: %d pods for %d partitions: the rest would have nothing to do. Fewer pods, or more partitions (docs/runbooks/growing.md)" (include "headway.place" $c) $most $partitions) -}}
{{- end -}}
{{- if and (eq (dig "autoscaling" "mode" "none" $c.values) "keda") $.Values.kafka.optionsSecret (not $c.values.autoscaling.authenticationRef) -}}
{{- fail (printf "stages.%s.autoscaling.authenticationRef: KEDA cannot read kafka.optionsSecret; name a TriggerAuthentication" $c.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
