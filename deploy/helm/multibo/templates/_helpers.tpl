{{- define "multibo.name" -}}
{{- printf "%s-multibo" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "multibo.labels" -}}
app.kubernetes.io/name: multibo
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Takes (dict "root" $ "role" "optimizer"). */}}
{{- define "multibo.selector" -}}
app.kubernetes.io/name: multibo
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "multibo.image" -}}
{{- $tag := .tag | default .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{ .root.Values.image.prefix }}/{{ .role }}:{{ $tag }}
{{- end }}

{{- define "multibo.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "multibo.name" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{/* What every pod of ours runs under. */}}
{{- define "multibo.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "multibo.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "multibo.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Redis, images and traces: the environment that optimizer and fleet share. */}}
{{- define "multibo.sharedEnv" -}}
- name: MULTIBO_REDIS_URL
  {{- if .Values.redis.trial.enabled }}
  value: redis://{{ include "multibo.name" . }}-redis:6379/0
  {{- else }}
  valueFrom:
    secretKeyRef:
      name: {{ required "redis.urlSecret.name, or redis.trial.enabled, is needed" .Values.redis.urlSecret.name }}
      key: {{ .Values.redis.urlSecret.key }}
  {{- end }}
{{- include "multibo.blobEnv" . }}
{{- if .Values.catalog }}
- name: MULTIBO_CATALOG
  value: /etc/multibo/catalog.toml
{{- end }}
{{- include "multibo.tracingEnv" . }}
{{- end }}

{{- define "multibo.blobEnv" }}
- name: MULTIBO_BLOB_URL
  value: {{ required "blobs.url is needed" .Values.blobs.url | quote }}
{{- if .Values.blobs.urlKeySecret }}
- name: MULTIBO_BLOB_URL_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.blobs.urlKeySecret }}
      key: key
{{- end }}
{{- end }}

{{- define "multibo.tracingEnv" }}
{{- with .Values.tracing.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "multibo.blobEnvFrom" -}}
{{- with .Values.blobs.credentialsSecret }}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- end }}

{{- define "multibo.sharedMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .Values.blobs.existingClaim }}
- name: images
  mountPath: /var/lib/multibo
{{- end }}
{{- if .Values.catalog }}
- name: catalog
  mountPath: /etc/multibo
  readOnly: true
{{- end }}
{{- end }}

{{- define "multibo.sharedVolumes" -}}
- name: tmp
  emptyDir: {}
{{- if .Values.blobs.existingClaim }}
- name: images
  persistentVolumeClaim:
    claimName: {{ .Values.blobs.existingClaim }}
{{- end }}
{{- if .Values.catalog }}
- name: catalog
  configMap:
    name: {{ include "multibo.name" . }}-catalog
{{- end }}
{{- end }}

{{/* Replicas on different nodes where there are several. */}}
{{- define "multibo.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "multibo.selector" . | nindent 8 }}
{{- end }}

{{/* Takes (dict "place" <values with nodeSelector, tolerations, affinity>). */}}
{{- define "multibo.placement" -}}
{{- with .place.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
