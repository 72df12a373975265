{{/*
The pod of every service. Takes "root", "component", "data" (a volume for its file; status alone has
one), and what the list of components says of it.
*/}}
{{- define "headway.pod" -}}
metadata:
  labels:
    {{- include "headway.selectorLabels" . | nindent 4 }}
    {{- if and .store .root.Values.objectStore.dev.enabled }}
    headway/objects: {{ .root.Release.Name | quote }}
    {{- end }}
    {{- with .values.pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ .component }}
    {{- with include "headway.schedules.annotations" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with .values.pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "headway.podSettings" . | nindent 2 }}
  {{- include "headway.scheduling" . | trim | nindent 2 }}
  terminationGracePeriodSeconds: {{ include "headway.graceSeconds" . }}
  {{- if include "headway.topics.awaited" . }}
  initContainers:
    - name: wait-for-topics
      {{- include "headway.container" (omit . "image" | merge (dict "image" (include "headway.image" (dict "root" .root "values" (omit .values "image"))))) | nindent 6 }}
      command: [python, -m, headway.provision, --wait, {{ int .root.Values.topics.waitSeconds | quote }}]
      env:
        {{- include "headway.env.kafka" . | nindent 8 }}
      resources:
        {{- toYaml .values.pod.resources | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- with include "headway.kafka.mounts" . }}
        {{- . | trim | nindent 8 }}
        {{- end }}
  {{- end }}
  containers:
    - name: {{ .component }}
      {{- include "headway.container" . | nindent 6 }}
      command: [python, -m, {{ default .component .module }}]
      env:
        {{- include "headway.env" . | nindent 8 }}
      ports:
        - name: http
          containerPort: {{ include "headway.text" .values.settings.HTTP_PORT }}
      {{- include "headway.probes" . | nindent 6 }}
      {{- with .values.preStopSeconds }}
      # Its Service goes on sending requests until every node has heard that the pod ends.
      lifecycle:
        preStop:
          sleep:
            seconds: {{ int . }}
      {{- end }}
      resources:
        {{- toYaml .values.pod.resources | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if .data }}
        - name: data
          mountPath: /var/lib/headway
        {{- end }}
        {{- with include "headway.kafka.mounts" . }}
        {{- . | trim | nindent 8 }}
        {{- end }}
        {{- if .store }}
        {{- with include "headway.objectStore.mounts" . }}
        {{- . | trim | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- with include "headway.schedules.mounts" . }}
        {{- . | trim | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: {{ .values.tmpSizeLimit }}
    {{- if eq .data "emptyDir" }}
    - name: data
      emptyDir:
        sizeLimit: {{ .values.persistence.size }}
    {{- end }}
    {{- with include "headway.kafka.volumes" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- if .store }}
    {{- with include "headway.objectStore.volumes" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- with include "headway.schedules.volumes" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* What every pod of ours is, whatever runs in it: PodSecurity `restricted`, no token. */}}
{{- define "headway.podSettings" -}}
serviceAccountName: {{ include "headway.fullname" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ default 10001 .user }}
  runAsGroup: {{ default 10001 .user }}
  fsGroup: {{ default 10001 .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* What every container of ours is. */}}
{{- define "headway.container" -}}
image: {{ default (include "headway.image" .) .image | quote }}
imagePullPolicy: {{ default .root.Values.image.pullPolicy .pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/*
Alive is not ready: a stage that takes partitions over, or a status that rebuilds its table, is
left alone. A start may take long, for it waits for Kafka.
*/}}
{{- define "headway.probes" -}}
startupProbe:
  httpGet:
    path: /livez
    port: http
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 150
livenessProbe:
  httpGet:
    path: /livez
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 3
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/*
Between SIGTERM and SIGKILL: the pause before, the drain, what follows it (gateway flushes its
producer, every process ends itself after EXIT_SECONDS), and 3 s for its watchdog to say why.
*/}}
{{- define "headway.graceSeconds" -}}
{{- $settings := .values.settings -}}
{{- $flush := dig "PUBLISH_TIMEOUT_SECONDS" 0 $settings -}}
{{- addf (default 0 .values.preStopSeconds) $settings.DRAIN_SECONDS $flush $settings.EXIT_SECONDS 3 | ceil | int64 -}}
{{- end -}}

{{- define "headway.scheduling" -}}
{{- $pod := .values.pod -}}
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pod.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "headway.affinity" . }}
affinity:
  {{- . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- $default := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" }}
  {{- $usual := list (merge (dict "topologyKey" "kubernetes.io/hostname") $default) (merge (dict "topologyKey" "topology.kubernetes.io/zone") $default) }}
  {{- $own := dict "labelSelector" (dict "matchLabels" (include "headway.selectorLabels" . | fromYaml)) }}
  {{- range default $usual $pod.topologySpreadConstraints }}
  - {{ merge (deepCopy .) $own | toYaml | nindent 4 | trim }}
  {{- end }}
{{- end -}}

{{/* As values say; and where objects lie on one node's volume, all pods on that node. */}}
{{- define "headway.affinity" -}}
{{- $affinity := deepCopy .values.pod.affinity -}}
{{- if and .store .root.Values.objectStore.dev.enabled -}}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (dict "headway/objects" .root.Release.Name)) -}}
{{- $terms := append (dig "podAffinity" "requiredDuringSchedulingIgnoredDuringExecution" list $affinity) $term -}}
{{- $affinity = mergeOverwrite $affinity (dict "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" $terms)) -}}
{{- end -}}
{{- if $affinity }}{{ toYaml $affinity }}{{ end -}}
{{- end -}}
