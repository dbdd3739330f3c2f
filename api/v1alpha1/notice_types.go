// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ReportFrequency is how often contacts receive a report.
//
// +enum
// +kubebuilder:validation:Enum=Never;Daily;Weekly;Monthly
type ReportFrequency string

const (
	// ReportNever sends no reports except those that somebody requests.
	ReportNever ReportFrequency = "Never"
	// ReportDaily sends a report every day.
	ReportDaily ReportFrequency = "Daily"
	// ReportWeekly sends a report every week.
	ReportWeekly ReportFrequency = "Weekly"
	// ReportMonthly sends a report on the first of the chosen weekdays of every month.
	ReportMonthly ReportFrequency = "Monthly"
)

// Weekday is a day of the week.
//
// +enum
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// Days of the week.
const (
	Monday    Weekday = "Monday"
	Tuesday   Weekday = "Tuesday"
	Wednesday Weekday = "Wednesday"
	Thursday  Weekday = "Thursday"
	Friday    Weekday = "Friday"
	Saturday  Weekday = "Saturday"
	Sunday    Weekday = "Sunday"
)

// ReportSettings say when contacts receive reports, in the organization's time zone.
type ReportSettings struct {
	// frequency is how often reports are sent: Daily, Weekly, Monthly, or Never unless somebody requests one. If unset, it
	// is Weekly.
	// +optional
	Frequency ReportFrequency `json:"frequency,omitempty"`
	// weekday is the day of a weekly report, Monday to Sunday, or of a monthly one, which is sent on the first such day of
	// the month. If unset, it is Monday.
	// +optional
	Weekday Weekday `json:"weekday,omitempty"`
	// hour is the hour of the day in the organization's time zone, from 0 to 23. If unset, it is 8.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=23
	Hour *int32 `json:"hour,omitempty"`
}

// AlertReason is what an alert is about.
//
// +enum
// +kubebuilder:validation:Enum=LastAdministratorHeld;LeaveRequested;SeatsExhausted;InvitationUndeliverable;MoreAlerts
type AlertReason string

const (
	// AlertLastAdministratorHeld is about an administrator who is to be deleted, demoted or suspended, but stays in
	// force because there is no other one.
	AlertLastAdministratorHeld AlertReason = "LastAdministratorHeld"
	// AlertLeaveRequested is about a person who asks to be removed from the organization.
	AlertLeaveRequested AlertReason = "LeaveRequested"
	// AlertSeatsExhausted is about a module without free seats.
	AlertSeatsExhausted AlertReason = "SeatsExhausted"
	// AlertInvitationUndeliverable is about an invitation that the mail server refuses permanently.
	AlertInvitationUndeliverable AlertReason = "InvitationUndeliverable"
	// AlertMoreAlerts summarizes the open alerts that are not listed.
	AlertMoreAlerts AlertReason = "MoreAlerts"
)

// NoticeState is how far a message to a contact has come.
//
// +enum
// +kubebuilder:validation:Enum=Queued;Sent;Failed;NoGateway
type NoticeState string

const (
	// NoticeQueued means that the message is waiting to be sent, or to be sent again if attempts is not zero.
	NoticeQueued NoticeState = "Queued"
	// NoticeSent means that the mail server or the gateway has accepted the message.
	NoticeSent NoticeState = "Sent"
	// NoticeFailed means that the message was refused permanently.
	NoticeFailed NoticeState = "Failed"
	// NoticeNoGateway means that the destination is a phone and the operator has no gateway that reaches phones.
	NoticeNoGateway NoticeState = "NoGateway"
)

// NoticeDeliveryStatus is a message to one destination: the intent to send it, which is written before the message is
// sent, and the outcome.
type NoticeDeliveryStatus struct {
	// type is the kind of destination: Email, Phone for calls, or SMS for text messages.
	// +required
	Type ContactMethodType `json:"type,omitempty"`
	// value is the destination: an email address or a phone number.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Value string `json:"value,omitempty"`
	// state is how far the message has come: Queued waits to be sent, or to be sent again if attempts is not zero; Sent was
	// accepted by the mail server or the gateway; Failed was refused permanently; NoGateway has a phone as its destination,
	// and the platform has no gateway that reaches phones.
	// +required
	State NoticeState `json:"state,omitempty"`
	// messageID identifies the message. A message that is sent again has the same one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`
	// attempts is the number of attempts to send the message.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempts int32 `json:"attempts,omitempty"`
	// nextAttemptTime is the time of the next attempt after a failure.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`
	// lastError says why the last attempt failed. It is empty after a success.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	LastError string `json:"lastError,omitempty"`
	// budget is the platform's budget for which the message waits, as in "1000 an hour for the invitations of an organization". It is
	// empty unless the budget was used up. Sending goes on at nextAttemptTime; nothing is lost.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Budget string `json:"budget,omitempty"`
}

// AlertStatus is an open alert.
type AlertStatus struct {
	// id is the number of the alert. An alert that opens again gets a new one.
	// +required
	// +kubebuilder:validation:Minimum=1
	ID int64 `json:"id,omitempty"`
	// reason is what the alert is about:
	//
	//   - LastAdministratorHeld: an administrator who is to be deleted, demoted or suspended stays in force, because there is
	//     no other one.
	//   - LeaveRequested: a person asks to be removed from the organization.
	//   - SeatsExhausted: a module has no free seat.
	//   - InvitationUndeliverable: the mail server refuses an invitation permanently.
	//   - MoreAlerts: further alerts are open and not listed.
	// +required
	Reason AlertReason `json:"reason,omitempty"`
	// subject is what or whom the alert concerns: a module, a user, or an address with the object that invites it, as in
	// Invitation/team/luis@acme.example.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=400
	Subject string `json:"subject,omitempty"`
	// since is when the alert was opened.
	// +required
	Since *metav1.Time `json:"since,omitempty"`
	// clearedTime is when the cause disappeared. The alert stays listed for a while, and a cause that returns within
	// that time is not a new alert.
	// +optional
	ClearedTime *metav1.Time `json:"clearedTime,omitempty"`
	// deliveries are the messages about the alert, one for each destination.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Deliveries []NoticeDeliveryStatus `json:"deliveries,omitempty"`
}

// ReportStatus is the latest report.
type ReportStatus struct {
	// id is the number of the report.
	// +required
	// +kubebuilder:validation:Minimum=1
	ID int64 `json:"id,omitempty"`
	// time is when the report was due, or when it was requested.
	// +required
	Time *metav1.Time `json:"time,omitempty"`
	// deliveries are the messages with the report, one for each destination.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Deliveries []NoticeDeliveryStatus `json:"deliveries,omitempty"`
}

// NoticesStatus is what the contacts are told, and how far that has come.
type NoticesStatus struct {
	// issued is the number of alerts and reports so far. Each of them has its own number.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Issued int64 `json:"issued,omitempty"`
	// alerts are the open alerts.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=65
	Alerts []AlertStatus `json:"alerts,omitempty"`
	// report is the latest report.
	// +optional
	Report *ReportStatus `json:"report,omitempty"`
	// schedule says when reports are sent, as in "Weekly Monday 08:00 Europe/Madrid". If empty, nobody receives reports.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Schedule string `json:"schedule,omitempty"`
	// nextReportTime is when the next report is due.
	// +optional
	NextReportTime *metav1.Time `json:"nextReportTime,omitempty"`
	// observedReport is the last value of the annotation accounts.usher.dev/report that was acted on.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ObservedReport string `json:"observedReport,omitempty"`
	// unserved is the number of destinations beyond the limit. Messages are sent to the first 64 destinations of alerts
	// and to the first 64 of reports.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Unserved int32 `json:"unserved,omitempty"`
}
