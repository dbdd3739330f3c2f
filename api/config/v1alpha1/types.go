// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

const (
	// APIVersion is the apiVersion of a file with this version of the configuration.
	APIVersion = "config.usher.dev/v1alpha1"
	// Kind is its kind.
	Kind = "UsherConfiguration"
)

// UsherConfiguration is the operator's configuration. A field that is left out has its default. A field that does not exist is an error.
type UsherConfiguration struct {
	metav1.TypeMeta `json:",inline"`

	// components are the parts of Usher that run in the process: Controllers (webhooks and reconcilers) and Portal (portal and intake).
	// Without one, the other one has to run in another process with the same configuration.
	Components []string `json:"components"`
	// leaderElection lets only one of several replicas reconcile. All of them serve webhooks and portal.
	LeaderElection bool `json:"leaderElection"`
	// drainDelay is how long webhooks and portal go on answering after the operator was told to stop, so that clients leave without
	// losing a request.
	DrainDelay metav1.Duration `json:"drainDelay"`

	// webhooks say where the API server reaches the operator.
	Webhooks Webhooks `json:"webhooks"`
	// health is where the kubelet asks whether the operator is alive and ready.
	Health Health `json:"health"`
	// metrics are for Prometheus.
	Metrics Metrics `json:"metrics"`
	// portal is where people accept invitations and customers ask questions.
	Portal Portal `json:"portal"`
	// directories are those of organizations, such as Entra ID and Okta, which manage accounts by SCIM 2.0.
	Directories Directories `json:"directories"`
	// signIn is how people prove who they are on the portal.
	SignIn SignIn `json:"signIn"`
	// mail is what the operator sends.
	Mail Mail `json:"mail"`
	// gateway reaches the phones of contacts.
	Gateway Gateway `json:"gateway"`
	// intake receives customers' mails to workspaces.
	Intake Intake `json:"intake"`
	// queues are where workspaces have customers' questions sent.
	Queues Queues `json:"queues"`
	// questions are those of customers, until they are passed on.
	Questions Questions `json:"questions"`
	// accounts are those that the operator creates by itself.
	Accounts Accounts `json:"accounts"`
	// budgets are how many messages may be sent for an organization. 0 means no limit.
	Budgets Budgets `json:"budgets"`
	// platform names the identities that are not bound by roles.
	Platform Platform `json:"platform"`
	// usernames say how the API server names people.
	Usernames Usernames `json:"usernames"`
	// namespaces are those of workspaces.
	Namespaces Namespaces `json:"namespaces"`
	// groups are those of the identity provider and of directories.
	Groups Groups `json:"groups"`
	// activity is the time at which people were last active.
	Activity Activity `json:"activity"`
	// cluster is what people's kubeconfigs say.
	Cluster Cluster `json:"cluster"`
}

// Cluster is what the kubeconfigs say that the welcome mail and page give people: where the API server is, and how kubectl logs in. Nothing
// of it is secret.
type Cluster struct {
	// name is the name of the cluster.
	Name string `json:"name"`
	// server is where people reach the API server, such as https://kubernetes.acme.example:6443; empty: people get no kubeconfig.
	Server string `json:"server"`
	// caFile is a file with the authorities of the API server's certificate, by default those that pods trust; empty: those of people's
	// computers.
	CAFile string `json:"caFile"`
	// caData are those authorities themselves, in PEM, in place of caFile.
	CAData string `json:"caData"`
	// login is how kubectl gets a token for the API server.
	Login Login `json:"login"`
}

// Login is how kubectl gets a token for the API server: from the OpenID provider that the API server trusts, by kubectl usher login.
type Login struct {
	// issuerURL is the provider, exactly as its tokens name it, such as https://login.acme.example; empty: people get no kubeconfig.
	IssuerURL string `json:"issuerURL"`
	// clientID is the name by which the provider knows kubectl, a public client: the audience that the API server expects.
	ClientID string `json:"clientID"`
	// scopes are what kubectl asks the provider for.
	Scopes []string `json:"scopes"`
	// claim is the claim with the address, of which the API server makes the user name.
	Claim string `json:"claim"`
	// redirectPort is the port on people's computers to which the browser returns, for a provider that knows it in advance; 0: any.
	RedirectPort int `json:"redirectPort"`
	// caData are the authorities of the provider's certificate, in PEM; empty: those of people's computers.
	CAData string `json:"caData"`
}

// Webhooks say where the API server reaches the operator.
type Webhooks struct {
	// host is the address on which the webhooks listen; empty: all addresses.
	Host string `json:"host"`
	// port is the port on which they listen.
	Port int `json:"port"`
	// dnsNames are the names by which the API server calls the webhooks, and others read the metrics; empty: those of the Services in the
	// operator's namespace.
	DNSNames []string `json:"dnsNames"`
	// clientCAFile is a file with the authorities of the API servers' client certificates, which the webhooks demand; empty: everybody
	// may call them.
	ClientCAFile string `json:"clientCAFile"`
	// certificate is the certificate of the webhooks and the metrics.
	Certificate Certificate `json:"certificate"`
}

// Certificate is the certificate of the webhooks and the metrics. The operator issues and renews it, unless somebody else does.
type Certificate struct {
	// secretName is the name of a Secret in the operator's namespace with tls.crt and tls.key, such as one of cert-manager, which the
	// operator only reads; empty: the operator issues the certificate, and has the API server trust it.
	SecretName string `json:"secretName"`
}

// Health is where the operator answers /healthz and /readyz.
type Health struct {
	// bindAddress is the address to listen on.
	BindAddress string `json:"bindAddress"`
}

// Metrics say how metrics are served.
type Metrics struct {
	// bindAddress is the address to listen on; "0" turns metrics off.
	BindAddress string `json:"bindAddress"`
	// secure serves metrics over TLS, and only to clients that the cluster authorizes.
	Secure bool `json:"secure"`
}

// Portal says how people reach the portal.
type Portal struct {
	// bindAddress is the address to listen on.
	BindAddress string `json:"bindAddress"`
	// url is where people reach the portal, such as https://usher.acme.example. Required.
	URL string `json:"url"`
	// signInURL is where people sign in to the cluster or get a kubeconfig, such as https://login.acme.example. The welcome mail and page
	// have a button that leads there; empty: they have none.
	SignInURL string `json:"signInURL"`
	// trustedProxies are the networks whose X-Forwarded-For header the portal trusts, such as 10.0.0.0/8.
	TrustedProxies []string `json:"trustedProxies"`
	// requestsPerSecond limits each client; 0: the default, 5; negative: no limit.
	RequestsPerSecond float64 `json:"requestsPerSecond"`
	// questionsPerHour limits the questions that each network may ask; 0: the default, 30; negative: no limit.
	QuestionsPerHour float64 `json:"questionsPerHour"`
}

// Directories are those of organizations. The portal serves them at /scim/v2/ORGANIZATION, to whoever has a token of the organization.
type Directories struct {
	// enabled lets organizations have directories. An organization has one once it has a token.
	Enabled bool `json:"enabled"`
	// requestsPerSecond limits each organization's directory, in each replica of the portal; 0: the default, 50; negative: no limit.
	RequestsPerSecond float64 `json:"requestsPerSecond"`
}

// SignIn is the OpenID provider with whose accounts people sign in on the portal: to accept an invitation without a second mail, and to see
// their own page. Usher keeps no passwords.
type SignIn struct {
	// issuerURL is the provider, exactly as its tokens name it, such as https://login.acme.example; empty: there is none.
	IssuerURL string `json:"issuerURL"`
	// clientID is the name by which the provider knows the portal. Required with issuerURL.
	ClientID string `json:"clientID"`
	// clientSecretFile is a file with the portal's secret at the provider; empty: the portal is a public client. It uses PKCE either way.
	ClientSecretFile string `json:"clientSecretFile"`
	// caFile is a file with the authorities of the provider's certificate; empty: those of the system. Organizations' providers may have
	// a certificate of either.
	CAFile string `json:"caFile"`
	// scopes are what the portal asks the provider for.
	Scopes []string `json:"scopes"`
	// displayName is what people know the provider by, for the button "Continue with …"; empty: the host in issuerURL.
	DisplayName string `json:"displayName"`
	// allowedDomains are the mail domains whose addresses the provider vouches for; empty: all.
	AllowedDomains []string `json:"allowedDomains"`
	// emailVerified is whether tokens must say that the provider has verified the address: Required, or Assumed for a provider that does
	// not say so of its own people's addresses, such as Entra ID. A token that denies it is refused either way.
	EmailVerified string `json:"emailVerified"`
	// organizationIssuers are the hosts at which organizations may have providers of their own: host or *.domain, each with organization=
	// before it if it holds for one only; empty: they may have none.
	OrganizationIssuers []string `json:"organizationIssuers"`
	// privateNetworks are the networks, beside the public internet, in which organizations' providers may be, such as 10.20.0.0/16.
	PrivateNetworks []string `json:"privateNetworks"`
	// accounts are those that people get at Dex, with a password, when they accept an invitation.
	Accounts SignInAccounts `json:"accounts"`
}

// Mail says what the operator sends, and how.
type Mail struct {
	// from is the sender's address of all mails, with or without a name. Required.
	From string `json:"from"`
	// smtp is the mail server.
	SMTP SMTP `json:"smtp"`
	// rate is the maximum number of mails sent per minute; 0: no limit.
	Rate int `json:"rate"`
	// templates is the name of a ConfigMap in the operator's namespace whose mail templates replace those that ship; empty: none is read.
	//
	Templates string `json:"templates"`
	// settleDelay is how long the operator waits for objects that are declared together before it sends a mail about them.
	SettleDelay metav1.Duration `json:"settleDelay"`
}

// SMTP is the mail server.
type SMTP struct {
	// address is the host:port of the mail server. Required.
	Address string `json:"address"`
	// tls is how the connection is protected: StartTLS, TLS or None.
	TLS string `json:"tls"`
	// connections is the maximum number of simultaneous connections.
	Connections int `json:"connections"`
	// usernameFile is a file with the user name; empty: no credentials are sent.
	UsernameFile string `json:"usernameFile"`
	// passwordFile is a file with the password.
	PasswordFile string `json:"passwordFile"`
}

// SignInAccounts are those that people get at Dex, with a password, when they accept an invitation.
type SignInAccounts struct {
	// address is host:port of Dex's gRPC API; empty: people have no accounts with a password.
	Address string `json:"address"`
	// tls are the files with which Usher and Dex prove to each other who they are. Only on this host they may be missing.
	TLS SignInAccountsTLS `json:"tls"`
	// minimumLength is how many characters a password has at least: 8 to 72.
	MinimumLength int `json:"minimumLength"`
	// breachedURL is where it is asked whether a password has been stolen, by the first five digits of its SHA-1 (k-anonymity), such as
	// https://api.pwnedpasswords.com/range/; empty: nobody is asked.
	BreachedURL string `json:"breachedURL"`
}

// SignInAccountsTLS are the files with which Usher and Dex prove to each other who they are. They are read for each connection.
type SignInAccountsTLS struct {
	// certFile is Usher's certificate.
	CertFile string `json:"certFile"`
	// keyFile is its key.
	KeyFile string `json:"keyFile"`
	// caFile has the authorities of Dex's certificate.
	CAFile string `json:"caFile"`
}

// Gateway reaches the phones of contacts.
type Gateway struct {
	// url is where messages are posted: https, or on this host; empty: phones are not reached.
	URL string `json:"url"`
	// keyFile is a file with the key that signs the messages.
	KeyFile string `json:"keyFile"`
}

// Intake receives customers' mails to workspaces from your mail server, by LMTP.
type Intake struct {
	// bindAddress is the address to listen on: host:port or unix:/path; empty: the intake is off.
	BindAddress string `json:"bindAddress"`
	// domains are the domains and addresses at which organizations may receive mails: organization=domain or organization=address; empty:
	// each organization at any address that no other has.
	Domains []string `json:"domains"`
	// limits bound the mails that are received.
	Limits IntakeLimits `json:"limits"`
}

// IntakeLimits bound the mails that are received. Rates are per hour; 0 means no limit, unless said otherwise.
type IntakeLimits struct {
	// perSender is for mails from one address to one workspace.
	PerSender int `json:"perSender"`
	// perNetwork is for mails from the network of one LMTP client.
	PerNetwork int `json:"perNetwork"`
	// perWorkspace is for mails to one workspace.
	PerWorkspace int `json:"perWorkspace"`
	// perOrganization is for mails to all workspaces of one organization.
	PerOrganization int `json:"perOrganization"`
	// unproven is for mails from unknown senders to one workspace, who use up nothing of perWorkspace; 0: as many.
	Unproven int `json:"unproven"`
	// unprovenPerDomain is for those from one mail domain.
	UnprovenPerDomain int `json:"unprovenPerDomain"`
	// newAccounts is for accounts that are created for unknown senders to one workspace.
	NewAccounts int `json:"newAccounts"`
	// messageBytes is the maximum size of a mail, in bytes.
	MessageBytes int64 `json:"messageBytes"`
	// memoryBytes is the memory for all mails in transit together, in bytes.
	MemoryBytes int64 `json:"memoryBytes"`
	// connections is the maximum number of simultaneous connections.
	Connections int `json:"connections"`
	// recipients is the maximum number of recipients of a mail.
	Recipients int `json:"recipients"`
}

// Queues are the addresses to which workspaces have customers' questions sent.
type Queues struct {
	// domains are the domains and addresses at which workspaces may have their queues without asking the owner: domain, *.domain or
	// address, each with organization= before it if it holds for one only, or * for all; empty: every owner is asked.
	Domains []string `json:"domains"`
}

// Questions are those of customers, until they are passed on.
type Questions struct {
	// namespace is where they are kept, in Secrets; empty: in the operator's own. With a namespace of their own, the portal does not need
	// the right to read the operator's Secrets.
	Namespace string `json:"namespace"`
}

// Accounts are those that the operator creates for outsiders who wrote or asked.
type Accounts struct {
	// provisionalAge is the time after which such an account is deleted, unless somebody has changed it; 0s: never.
	ProvisionalAge metav1.Duration `json:"provisionalAge"`
	// provisional is the maximum number of accounts per organization that exist only because a mail came; 0: no limit.
	Provisional int `json:"provisional"`
}

// Budgets are how many messages may be sent for an organization, and to one destination. 0 means no limit.
type Budgets struct {
	// organizationHour is for mails of each kind in an hour.
	OrganizationHour int `json:"organizationHour"`
	// organizationDay is for mails of each kind in a day.
	OrganizationDay int `json:"organizationDay"`
	// addressDay is for mails of each kind to one address in a day.
	AddressDay int `json:"addressDay"`
	// addressNoticesDay is for alerts and reports to one address in a day.
	AddressNoticesDay int `json:"addressNoticesDay"`
	// queueDay is for questions to one queue in a day.
	QueueDay int `json:"queueDay"`
	// phonesHour is for messages to phones in an hour.
	PhonesHour int `json:"phonesHour"`
	// phonesDay is for messages to phones in a day.
	PhonesDay int `json:"phonesDay"`
	// phoneDay is for messages to one phone in a day.
	PhoneDay int `json:"phoneDay"`
}

// Platform names the identities that are not bound by roles, beside the group system:masters.
type Platform struct {
	// users are Kubernetes user names.
	Users []string `json:"users"`
	// groups are Kubernetes groups.
	Groups []string `json:"groups"`
}

// Usernames say how the API server names people.
type Usernames struct {
	// prefix is what the API server puts in front of addresses, such as "oidc:".
	Prefix string `json:"prefix"`
	// form is the form of an internationalized domain: ascii or unicode.
	Form string `json:"form"`
}

// Groups are those of the identity provider, in people's tokens, and those of organizations' directories.
type Groups struct {
	// identityPrefixes are what the names of the groups begin with that an OrgGroup may give access to workspaces, as the API server sees
	// them: a prefix such as oidc:, each with organization= before it if it holds for one only; empty: none may.
	IdentityPrefixes []string `json:"identityPrefixes"`
	// administrators are the organizations in which a group of the directory can give the role OrganizationAdmin (spec.directory.roles of
	// the Organization), by their names, or * for all; empty: in none.
	Administrators []string `json:"administrators"`
}

// Namespaces are those of workspaces.
type Namespaces struct {
	// labels are those that may be copied from Workspaces to their namespaces: a key, domain/* or key=value; empty: none.
	Labels []string `json:"labels"`
}

// Activity is the time at which people were last active.
type Activity struct {
	// interval is its accuracy: it is written at most once in this time; 0s turns it off.
	Interval metav1.Duration `json:"interval"`
	// auditTokenFile is a file with bearer tokens, one per line, for API servers that send audit events; empty: none are accepted.
	AuditTokenFile string `json:"auditTokenFile"`
}
