// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ReportFrequency tells how often contacts get a report.
//
// +enum
// +kubebuilder:validation:Enum=Never;Daily;Weekly;Monthly
type ReportFrequency string

const (
	// ReportNever sends no report but those that somebody asks for.
	ReportNever ReportFrequency = "Never"
	// ReportDaily sends one each day.
	ReportDaily ReportFrequency = "Daily"
	// ReportWeekly sends one each week.
	ReportWeekly ReportFrequency = "Weekly"
	// ReportMonthly sends one on the first such weekday of each month.
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

// ReportSettings say when contacts get reports (GTA-12), in the organization's time zone.
type ReportSettings struct {
	// frequency is how often; absent: Weekly.
	// +optional
	Frequency ReportFrequency `json:"frequency,omitempty"`
	// weekday is the day of a weekly report, and of a monthly one, which is sent on the first such day of the month; absent:
	// Monday.
	// +optional
	Weekday Weekday `json:"weekday,omitempty"`
	// hour is the hour of the day, 0 to 23; absent: 8.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=23
	Hour *int32 `json:"hour,omitempty"`
}

// AlertReason is what an alert is about.
//
// +enum
// +kubebuilder:validation:Enum=LastAdministratorHeld;SeatsExhausted;InvitationUndeliverable;MoreAlerts
type AlertReason string

const (
	// AlertLastAdministratorHeld is somebody who stays an administrator against the wish, as there is no other one (ORG-4).
	AlertLastAdministratorHeld AlertReason = "LastAdministratorHeld"
	// AlertSeatsExhausted is a module of which no seat is left (GTA-11).
	AlertSeatsExhausted AlertReason = "SeatsExhausted"
	// AlertInvitationUndeliverable is an invitation that the mail server refuses for good.
	AlertInvitationUndeliverable AlertReason = "InvitationUndeliverable"
	// AlertMoreAlerts sums up those that are open and not listed.
	AlertMoreAlerts AlertReason = "MoreAlerts"
)

// NoticeState is how far a message to a contact has come.
//
// +enum
// +kubebuilder:validation:Enum=Queued;Sent;Failed;NoGateway
type NoticeState string

const (
	// NoticeQueued is to be sent, again if attempts is not zero.
	NoticeQueued NoticeState = "Queued"
	// NoticeSent was taken by the mail server or the gateway.
	NoticeSent NoticeState = "Sent"
	// NoticeFailed was refused for good.
	NoticeFailed NoticeState = "Failed"
	// NoticeNoGateway is for a phone, and the operator knows no gateway that reaches phones.
	NoticeNoGateway NoticeState = "NoGateway"
)

// NoticeDeliveryStatus is a message to one destination: the intent to send it, written before it is sent, and what came of it.
type NoticeDeliveryStatus struct {
	// type is the kind of the destination.
	// +required
	Type ContactMethodType `json:"type,omitempty"`
	// value is the destination: a mail address or a number.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Value string `json:"value,omitempty"`
	// state is how far the message has come.
	// +required
	State NoticeState `json:"state,omitempty"`
	// messageID is the message's identity; one that is sent again carries the same.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`
	// attempts is how often sending was tried.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempts int32 `json:"attempts,omitempty"`
	// nextAttemptTime is when sending is tried again after a failure.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`
	// lastError is why the last attempt failed; empty after success.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	LastError string `json:"lastError,omitempty"`
}

// AlertStatus is an open alert.
type AlertStatus struct {
	// id numbers the alert; one that opens again has another.
	// +required
	// +kubebuilder:validation:Minimum=1
	ID int64 `json:"id,omitempty"`
	// reason is what the alert is about.
	// +required
	Reason AlertReason `json:"reason,omitempty"`
	// subject is what or whom it is about: a module, a user, or an address with what invites it, as in
	// Invitation/team/luis@acme.example.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=400
	Subject string `json:"subject,omitempty"`
	// since is when the alert was opened.
	// +required
	Since *metav1.Time `json:"since,omitempty"`
	// clearedTime is since when the cause is gone, of an alert that is listed for a while longer: a cause that comes back
	// within it is no new alert.
	// +optional
	ClearedTime *metav1.Time `json:"clearedTime,omitempty"`
	// deliveries are the messages about it, one a destination.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Deliveries []NoticeDeliveryStatus `json:"deliveries,omitempty"`
}

// ReportStatus is the newest report.
type ReportStatus struct {
	// id numbers the report.
	// +required
	// +kubebuilder:validation:Minimum=1
	ID int64 `json:"id,omitempty"`
	// time is when it was due, or asked for.
	// +required
	Time *metav1.Time `json:"time,omitempty"`
	// deliveries are the messages with it, one a destination.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Deliveries []NoticeDeliveryStatus `json:"deliveries,omitempty"`
}

// NoticesStatus is what the contacts are told, and how far that has come (GTA-12).
type NoticesStatus struct {
	// issued is how many alerts and reports there were so far; each has its number.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Issued int64 `json:"issued,omitempty"`
	// alerts are those that are open.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=65
	Alerts []AlertStatus `json:"alerts,omitempty"`
	// report is the newest report.
	// +optional
	Report *ReportStatus `json:"report,omitempty"`
	// schedule says when reports are sent, as in "Weekly Monday 08:00 Europe/Madrid"; empty: nobody gets any.
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
	// unserved is how many further destinations the contacts name: the first 64 of alerts and of reports get messages.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Unserved int32 `json:"unserved,omitempty"`
}
