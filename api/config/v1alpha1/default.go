// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Default returns the configuration of a file that says nothing. The required fields are missing.
func Default() *UsherConfiguration {
	return &UsherConfiguration{
		TypeMeta:       metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind},
		Components:     []string{"Controllers", "Portal"},
		LeaderElection: true,
		DrainDelay:     duration(3 * time.Second),
		Webhooks:       Webhooks{Port: 9443},
		Health:         Health{BindAddress: ":8081"},
		Metrics:        Metrics{BindAddress: ":8443", Secure: true},
		Portal:         Portal{BindAddress: ":8080"},
		Directories:    Directories{Enabled: true},
		Cluster: Cluster{
			Name: "kubernetes", CAFile: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
			Login: Login{ClientID: "kubectl", Scopes: []string{"openid", "email", "groups", "offline_access"}, Claim: "email"},
		},
		SignIn: SignIn{
			Scopes: []string{"openid", "email", "profile"}, EmailVerified: "Required", Accounts: SignInAccounts{MinimumLength: 12},
		},
		Mail: Mail{
			SMTP:        SMTP{TLS: "StartTLS", Connections: 2},
			Templates:   "usher-mail-templates",
			SettleDelay: duration(3 * time.Second),
		},
		Intake: Intake{Limits: IntakeLimits{
			PerSender: 60, PerNetwork: 20000, PerWorkspace: 2000, PerOrganization: 6000,
			Unproven: 1000, UnprovenPerDomain: 200, NewAccounts: 100,
			MessageBytes: 25 << 20, MemoryBytes: 64 << 20, Connections: 20, Recipients: 50,
		}},
		Accounts: Accounts{ProvisionalAge: duration(90 * 24 * time.Hour), Provisional: 5000},
		Budgets: Budgets{
			OrganizationHour: 1000, OrganizationDay: 6000, AddressDay: 20, AddressNoticesDay: 50, QueueDay: 2000,
			PhonesHour: 100, PhonesDay: 500, PhoneDay: 20,
		},
		Usernames: Usernames{Form: "ascii"},
		Activity:  Activity{Interval: duration(15 * time.Minute)},
	}
}

func duration(d time.Duration) metav1.Duration { return metav1.Duration{Duration: d} }
