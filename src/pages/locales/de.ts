import { type Html, html } from '../../http/answer/html.ts'
import type { Texts } from './en.ts'

function seconds(count: number): string {
  if (count < 60) return count === 1 ? '1 Sekunde' : `${count} Sekunden`
  const minutes = Math.ceil(count / 60)
  return minutes === 1 ? '1 Minute' : `${minutes} Minuten`
}

/** The words of the pages in German. */
export const de: Texts = {
  languageTag: 'de',
  footer: {
    label: 'Über diesen Dienst',
    terms: 'Nutzungsbedingungen',
    privacy: 'Datenschutz',
    help: 'Hilfe',
  },
  errorPrefix: 'Fehler',
  signIn: {
    title: 'Anmelden',
    toContinue: (client: Html) => html`weiter zu ${client}`,
    again: 'Bitte melden Sie sich noch einmal an, damit klar ist, dass Sie es sind.',
    username: 'E-Mail oder Benutzername',
    password: 'Passwort',
    submit: 'Anmelden',
    wrong: 'E-Mail oder Passwort stimmt nicht. Bitte versuchen Sie es noch einmal.',
    wait: (count) =>
      `Zu viele Versuche. Bitte warten Sie ${seconds(count)} und versuchen Sie es dann noch einmal.`,
  },
  consent: {
    title: (client) => `${client} bittet um Zugriff`,
    heading: (client) => html`${client} möchte auf Ihr Konto zugreifen`,
    as: 'Angemeldet als',
    switch: 'Anderes Konto verwenden',
    list: (client) => html`${client} darf dann:`,
    nothing: 'Wissen, dass Sie sich angemeldet haben. Sonst nichts.',
    returnsTo: (host) => html`Danach geht es weiter zu ${host}.`,
    onDevice: 'Sie verbinden ein Gerät. Erlauben Sie das nur, wenn Sie es selbst begonnen haben.',
    withdraw: 'Sie können das jederzeit auf Ihrer Kontoseite zurücknehmen.',
    allow: 'Erlauben',
    deny: 'Abbrechen',
  },
  scopes: {
    openid: 'Sie wiedererkennen, wenn Sie zurückkommen',
    profile: 'Ihren Namen und Ihr öffentliches Profil sehen',
    email: 'Ihre E-Mail-Adresse sehen',
    address: 'Ihre Postanschrift sehen',
    phone: 'Ihre Telefonnummer sehen',
    groups: 'Sehen, zu welchen Gruppen Sie gehören',
    offline_access: 'Den Zugriff behalten, während Sie nicht da sind',
  },
  selectAccount: {
    title: 'Konto wählen',
    toContinue: (client) => html`weiter zu ${client}`,
    other: 'Anderes Konto verwenden',
  },
  account: {
    title: 'Ihr Konto',
    password: 'Passwort',
    currentPassword: 'Bisheriges Passwort',
    newPassword: 'Neues Passwort',
    changePassword: 'Passwort ändern',
    configuredPassword: 'Ihr Passwort verwalten die Betreiber dieses Dienstes.',
    sessions: 'Wo Sie angemeldet sind',
    thisDevice: 'Dieser Browser',
    lastSeen: (time) => html`Zuletzt aktiv ${time}`,
    signedInAt: (time) => html`Angemeldet ${time}`,
    signOut: 'Abmelden',
    signOutOf: (device) => `Abmelden: ${device}`,
    signOutAll: 'Überall abmelden',
    signOutAllHint: 'Beendet jede Sitzung, auch diese, und den Zugriff jeder App.',
    apps: 'Apps mit Zugriff',
    noApps: 'Keine App hat Zugriff auf Ihr Konto.',
    allowed: (time) => html`Erlaubt ${time}`,
    revoke: 'Zugriff entfernen',
    revokeOf: (app) => `Zugriff entfernen: ${app}`,
    done: {
      'password-changed': 'Ihr Passwort ist geändert. Andere Geräte sind abgemeldet.',
      'signed-out': 'Das Gerät ist abgemeldet.',
      'consent-withdrawn': 'Die App hat keinen Zugriff mehr.',
    },
  },
  justNow: 'gerade eben',
  onDay: (day) => `am ${day}`,
  unknownDevice: 'Unbekanntes Gerät',
  deviceOf: (browser, system) => `${browser} auf ${system}`,
  password: {
    title: 'Passwort wählen',
    newTitle: 'Wählen Sie Ihr Passwort',
    for: (username) => html`für ${username}`,
    label: 'Neues Passwort',
    submit: 'Passwort speichern',
    hint: (least) => `Mindestens ${least} Zeichen. Gut sind ein paar zufällige Wörter.`,
    short: 'Das ist zu kurz.',
    long: (most) => `Das ist zu lang. Bitte nehmen Sie höchstens ${most} Zeichen.`,
    characters:
      'Das enthält ein Zeichen, das sich nicht überall tippen lässt. Bitte wählen Sie ein anderes Passwort.',
    wrong: 'Ihr bisheriges Passwort stimmt nicht.',
  },
  signOut: {
    title: 'Abmelden',
    heading: 'Möchten Sie sich abmelden?',
    asked: (client) => html`${client} möchte Sie abmelden.`,
    as: 'Sie sind angemeldet als',
    yes: 'Abmelden',
    no: 'Angemeldet bleiben',
  },
  signedOut: {
    title: 'Abgemeldet',
    heading: 'Sie sind abgemeldet',
    text: 'Sie können dieses Fenster jetzt schließen.',
    stayedTitle: 'Noch angemeldet',
    stayedHeading: 'Sie sind weiter angemeldet',
    stayedText: 'Es hat sich nichts geändert. Sie können dieses Fenster jetzt schließen.',
    continue: 'Weiter',
    again: 'Wieder anmelden',
  },
  device: {
    title: 'Gerät verbinden',
    text: 'Geben Sie den Code ein, den Ihr Gerät zeigt.',
    label: 'Code',
    submit: 'Weiter',
    unknown: 'Der Code stimmt nicht oder ist zu alt. Bitte prüfen Sie den Code auf Ihrem Gerät.',
    wait: (count) =>
      `Zu viele Versuche. Bitte warten Sie ${seconds(count)} und versuchen Sie es dann noch einmal.`,
    confirmTitle: 'Ist das Ihr Gerät?',
    code: 'Das Gerät muss diesen Code zeigen:',
    warn: 'Wenn Sie das nicht selbst begonnen haben oder Ihnen jemand den Link geschickt hat, schließen Sie dieses Fenster.',
    allowedTitle: 'Ihr Gerät ist verbunden',
    allowedText: 'Sie können dieses Fenster schließen und zu Ihrem Gerät zurückkehren.',
    deniedTitle: 'Das Gerät wurde nicht verbunden',
    deniedText: 'Es hat keinen Zugriff auf Ihr Konto. Sie können dieses Fenster schließen.',
  },
  notice: {
    'link-over': {
      title: 'Dieser Link gilt nicht mehr',
      text: 'Er wurde schon benutzt oder ist zu alt. Bitte fragen Sie dort nach einem neuen, wo Sie diesen bekommen haben.',
    },
    'password-set': {
      title: 'Ihr Passwort ist gespeichert',
      text: 'Ab jetzt können Sie sich damit anmelden.',
    },
    'interaction-over': {
      title: 'Diese Seite ist abgelaufen',
      text: 'Sie haben etwas zu lange gewartet, Sie sind hier schon fertig, oder Ihr Browser blockiert Cookies. Bitte gehen Sie zurück zur App und beginnen Sie noch einmal.',
    },
    continue: 'Weiter',
  },
  error: {
    request: {
      title: 'Dieser Link funktioniert nicht',
      text: 'Die App, die Sie hierher geschickt hat, hat einen Fehler gemacht. Bitte gehen Sie zurück und versuchen Sie es noch einmal, oder sagen Sie es den Betreibern der App.',
    },
    denied: {
      title: 'Zu Ihrer Sicherheit ist nichts geschehen',
      text: 'Das Formular war zu alt oder kam von einer anderen Seite. Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.',
    },
    notFound: {
      title: 'Hier ist nichts',
      text: 'Die Adresse ist vielleicht falsch geschrieben, oder die Seite ist umgezogen.',
    },
    wait: {
      title: 'Zu viele Versuche',
      text: (count) => `Bitte warten Sie ${seconds(count)} und versuchen Sie es dann noch einmal.`,
    },
    unavailable: {
      title: 'Das geht gerade nicht',
      text: 'Das liegt an uns, nicht an Ihnen. Bitte versuchen Sie es in ein paar Sekunden noch einmal.',
    },
    server: {
      title: 'Etwas ist schiefgegangen',
      text: 'Das liegt an uns, nicht an Ihnen. Bitte versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie uns die Nummer unten.',
    },
    code: 'Fehler',
    requestId: 'Anfrage-Nummer',
  },
  formPost: {
    title: 'Einen Moment',
    text: (client) => html`Es geht zurück zu ${client}.`,
    anonymous: 'Es geht zurück zur App.',
    submit: 'Weiter',
  },
}
