{{/* Labels of all objects. */}}
{{- define "usher.labels" -}}
app.kubernetes.io/name: usher
app.kubernetes.io/part-of: usher
{{- end }}

{{/* The labels by which Services and policies find the pods of a component: a dict with its name in component. */}}
{{- define "usher.selector" -}}
app.kubernetes.io/name: usher
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The image, by its digest if there is one. */}}
{{- define "usher.image" -}}
{{- with .Values.image.digest -}}
{{ $.Values.image.repository }}@{{ . }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* The configuration, with the files of the Secrets that the values name. */}}
{{- define "usher.configuration" -}}
{{- $c := deepCopy .Values.configuration -}}
{{- if .Values.secrets.smtp -}}
{{- $_ := mergeOverwrite $c (dict "mail" (dict "smtp" (dict "usernameFile" "/etc/usher/smtp/username" "passwordFile" "/etc/usher/smtp/password"))) -}}
{{- end -}}
{{- if .Values.secrets.gateway -}}
{{- $_ := mergeOverwrite $c (dict "gateway" (dict "keyFile" "/etc/usher/gateway/key")) -}}
{{- end -}}
{{- if .Values.secrets.signIn -}}
{{- $_ := mergeOverwrite $c (dict "signIn" (dict "clientSecretFile" "/etc/usher/sign-in/client-secret")) -}}
{{- end -}}
{{- if .Values.secrets.accounts -}}
{{- $tls := dict "certFile" "/etc/usher/accounts/tls.crt" "keyFile" "/etc/usher/accounts/tls.key" "caFile" "/etc/usher/accounts/ca.crt" -}}
{{- $_ := mergeOverwrite $c (dict "signIn" (dict "accounts" (dict "tls" $tls))) -}}
{{- end -}}
{{- if .Values.secrets.audit -}}
{{- $_ := mergeOverwrite $c (dict "activity" (dict "auditTokenFile" "/etc/usher/audit/token")) -}}
{{- end -}}
{{- with include "usher.certificateSecret" . -}}
{{- $_ := mergeOverwrite $c (dict "webhooks" (dict "certificate" (dict "secretName" .))) -}}
{{- end -}}
apiVersion: config.usher.dev/v1alpha1
kind: UsherConfiguration
{{ toYaml $c }}
{{- end }}

{{/* Whether people sign in on the portal; empty: they do not. */}}
{{- define "usher.signsIn" -}}
{{- $s := .Values.configuration.signIn | default dict -}}
{{- if or $s.issuerURL $s.organizationIssuers }}true{{ end -}}
{{- end }}

{{/* The fields of the configuration that take effect after a restart, one per line. */}}
{{- define "usher.restartKeys" -}}
{{- include "usher.keysWithout" (dict "values" (include "usher.configuration" . | fromYaml) "prefix" "" "without" (.Files.Lines "files/live-keys.txt")) -}}
{{- end }}

{{/* The fields of a dict and of those in it, with their values, one per line: a dict with values, prefix, and without, a list of fields. */}}
{{- define "usher.keysWithout" -}}
{{- range $name, $value := .values -}}
{{- $key := print $.prefix $name -}}
{{- if kindIs "map" $value -}}
{{- include "usher.keysWithout" (dict "values" $value "prefix" (print $key ".") "without" $.without) -}}
{{- else if not (has $key $.without) -}}
{{- printf "%s: %s\n" $key (toJson $value) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The Secret of a certificate that the operator does not issue; empty: it does. */}}
{{- define "usher.certificateSecret" -}}
{{- if .Values.certificates.certManager.enabled -}}
usher-webhook-tls
{{- else -}}
{{- .Values.certificates.secretName -}}
{{- end -}}
{{- end }}

{{/* The port in an address such as :8080 or host:8080: a dict with address and default. Nothing for a socket, and for "0", which is off. */}}
{{- define "usher.port" -}}
{{- if not (or (hasPrefix "unix:" (.address | default "")) (eq (.address | default "") "0")) -}}
{{- regexFind "[0-9]+$" (.address | default .default) -}}
{{- end -}}
{{- end }}

{{/* The port of the intake; empty: it is off, or a socket. */}}
{{- define "usher.intakePort" -}}
{{- include "usher.port" (dict "address" (.Values.configuration.intake).bindAddress "default" "") -}}
{{- end }}

{{/* The port of the metrics; empty: they are off. */}}
{{- define "usher.metricsPort" -}}
{{- include "usher.port" (dict "address" (.Values.configuration.metrics).bindAddress "default" ":8443") -}}
{{- end }}

{{/* The namespace of customers' questions, for which the roles are made. Flags name it, so that no configuration has to. */}}
{{- define "usher.questionsNamespace" -}}
{{- $namespace := printf "%s-questions" .Release.Namespace -}}
{{- if ne $namespace ((.Values.configuration.questions).namespace | default $namespace) -}}
{{- fail (printf "configuration.questions.namespace: remove it, the chart's roles are for the namespace %q" $namespace) -}}
{{- end -}}
{{- $namespace -}}
{{- end }}

{{/* true if mails are received, at a port or a socket. */}}
{{- define "usher.receivesMail" -}}
{{- not (empty (.Values.configuration.intake).bindAddress) -}}
{{- end }}

{{/* The component whose pods serve portal and intake. */}}
{{- define "usher.outside" -}}
{{- ternary "portal" "controller-manager" .Values.portal.apart -}}
{{- end }}

{{/* The host of the portal's URL. */}}
{{- define "usher.portalHost" -}}
{{ (urlParse .Values.configuration.portal.url).host | splitList ":" | first }}
{{- end }}

{{/* Generated manifests, with the release's namespace in place of the one that they are written with. */}}
{{- define "usher.inNamespace" -}}
{{ .file | replace "usher-system" .root.Release.Namespace }}
{{- end }}
