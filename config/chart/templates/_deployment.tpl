{{/*
A Deployment of the operator's image. A dict with
  root       the chart's top
  name       of the Deployment and of its ServiceAccount
  component  the value of the label app.kubernetes.io/component
  pods       the values: replicas, resources, topologyKey, nodeSelector, tolerations, affinity, priorityClassName, podAnnotations,
             podLabels, extraArgs, extraEnv
  args       flags
  ports      a dict from the ports' names to their numbers
  secrets    a dict from the folders in /etc/usher to the Secrets that are mounted there; those without a name are not
*/}}
{{- define "usher.deployment" -}}
{{- $root := .root -}}
{{- $selector := include "usher.selector" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "usher.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  replicas: {{ .pods.replicas }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      annotations:
        kubectl.kubernetes.io/default-container: manager
        # A change of the configuration rolls out the Deployment, unless it takes effect while the operator runs.
        config.usher.dev/checksum: {{ include "usher.restartKeys" $root | sha256sum | trunc 16 | quote }}
        {{- with .pods.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      labels:
        {{- $selector | nindent 8 }}
        {{- with .pods.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .name }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
      {{- range . }}
      - name: {{ . }}
      {{- end }}
      {{- end }}
      {{- with .pods.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      # preStop, drainDelay, requests in progress, reconcilers.
      terminationGracePeriodSeconds: 75
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      {{- with .pods.topologyKey }}
      topologySpreadConstraints:
      - topologyKey: {{ . }}
        maxSkew: 1
        whenUnsatisfiable: ScheduleAnyway
        # During an update, only the new pods count: otherwise both end up on the node that is emptier while the old ones run.
        matchLabelKeys: [pod-template-hash]
        labelSelector:
          matchLabels:
            {{- $selector | nindent 12 }}
      {{- end }}
      {{- with .pods.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .pods.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .pods.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
      - name: manager
        image: {{ include "usher.image" $root }}
        imagePullPolicy: {{ $root.Values.image.pullPolicy }}
        args:
        - --config=/etc/usher/configuration/usher.yaml
        {{- range concat (.args | default list) (.pods.extraArgs | default list) }}
        - {{ . | quote }}
        {{- end }}
        env:
        # The only directory that is writable without a volume. The operator writes its certificate there, without the key.
        - name: TMPDIR
          value: /dev/shm
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        {{- with .pods.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        ports:
        {{- range $name, $port := .ports }}
        {{- if $port }}
        - name: {{ $name }}
          containerPort: {{ $port }}
        {{- end }}
        {{- end }}
        # A refusal to start, such as an invalid configuration, is in kubectl describe pod.
        terminationMessagePolicy: FallbackToLogsOnError
        livenessProbe:
          httpGet:
            path: /healthz
            port: health
          initialDelaySeconds: 15
          periodSeconds: 20
          # A node that has much to do is no reason to start anew.
          timeoutSeconds: 5
        readinessProbe:
          httpGet:
            path: /readyz
            port: health
          periodSeconds: 5
          timeoutSeconds: 5
        lifecycle:
          # Webhooks fail closed: a terminating replica keeps answering until the API server knows that it is going away.
          preStop:
            sleep:
              seconds: 5
        resources:
          {{- toYaml .pods.resources | nindent 10 }}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: [ALL]
        volumeMounts:
        - name: configuration
          mountPath: /etc/usher/configuration
          readOnly: true
        {{- range $folder, $secret := .secrets }}
        {{- if $secret }}
        - name: {{ $folder }}
          mountPath: /etc/usher/{{ $folder }}
          readOnly: true
        {{- end }}
        {{- end }}
      # No emptyDir: it would keep kubectl drain from evicting the pod.
      volumes:
      - name: configuration
        configMap:
          name: usher-configuration
      {{- range $folder, $secret := .secrets }}
      {{- if $secret }}
      - name: {{ $folder }}
        secret:
          secretName: {{ $secret }}
          defaultMode: 0440
      {{- end }}
      {{- end }}
{{- end }}
