"""What people call the same thing in tasks, and what they never mean to be the same.

`RINGS` are words and phrases of which one may stand for another in the text of a task; a line,
with those below it that are indented, is a ring. `CONTRASTS` are things of a kind: two texts of
which one names the first and the other the second are about different work, however alike they
are otherwise. `PLAIN` are rings that nearly every task has a word of, so that sharing them says
little.
"""

PLAIN = """
add, implement, create, introduce, support, allow, let, provide, enable, build, write, make,
  offer, new, set up, give, able to, possible to, would like, need, want, ability, please
fix, resolve, repair, correct, solve, address, mend, bug, issue, problem, handle, deal with,
  take care of, fault, defect
change, update, modify, adjust, edit, alter, tweak, adapt, revise, switch, turn into, rework,
  improve, enhance, polish
show, display, render, present, view, appear, visible, see, list, print, shown
use, using, apply, utilise, utilize, employ, make use of, rely on
get, fetch, retrieve, obtain, receive, return, load, read, pull
user, customer, people, someone, somebody, visitor, person, client, member, anyone, everyone
page, screen, view, window, panel, section, form
when, while, whenever, once, after, before, if, during
properly, correctly, right, expected, supposed, work
currently, now, today, at the moment, still, always, every time, again, sometimes
app, application, program, software, system, tool, product, site, website
should, must, has to, have to, ought, needs to, could, can, cannot
"""

RINGS = """
login, log in, sign in, signin, sign on, log on, logon, authenticate, authentication, logged in,
  logging in, signing in
logout, log out, sign out, signout, log off, logged out, end session, thrown out, kicked out,
  signed out
register, sign up, signup, registration, create account, join, enrol, onboarding
password, passphrase, credentials, passcode
reset, recover, forgot, forgotten, restore, recovery, start over
two-factor, 2fa, mfa, second factor, totp, authenticator, one-time code, multi-factor
single sign-on, sso, saml, oidc, openid
permission, access, right, role, privilege, authorization, authorisation, acl, allowed,
  forbidden, rbac
crash, abort, segfault, panic, die, dies, terminate unexpectedly, blow up, goes down, falls
  over, core dump, quits, exits unexpectedly, killed
error, exception, failure, fail, fails, failing, broken, break, breaks, does not work, not
  working, doesn't work, stopped working, wrong, incorrect, invalid, faulty, malfunction, goes
  wrong, trouble
slow, slowness, latency, performance, speed up, faster, fast, quick, takes too long, takes ages,
  sluggish, lag, laggy, optimise, optimize, seconds to, speed, accelerate, takes minutes, response
  time, responsiveness, delay, wait for ages
hang, freeze, frozen, freezes, stuck, unresponsive, deadlock, blocks, stall, never finishes,
  never returns, never ends, locks up, hangs forever
memory leak, leak, memory grows, memory usage, ram, out of memory, oom, memory consumption,
  grows without bound, memory keeps growing, memory footprint
retry, retries, try again, reattempt, backoff, attempt again, repeat request, automatic retries
timeout, time out, times out, timed out, deadline, time limit, gives up
duplicate, duplicated, twice, double, doubled, repeated, two times, more than once, redundant,
  second time
missing, absent, lost, disappear, disappears, vanish, vanishes, gone, not there, lacks, without,
  not shown, dropped, left out, does not appear, omitted
remove, delete, drop, erase, get rid of, clean up, cleanup, purge, eliminate, strip, discard,
  throw away, clear, wipe, trash
deprecated, obsolete, legacy, old, outdated, unused, dead code, no longer used, nobody uses
rename, call it, named, naming, title of
move, relocate, transfer, migrate, migration, port, convert, conversion, shift
replace, swap, substitute, instead of, exchange, switch to, switch from
split, separate, break up, break into, extract, divide, factor out, pull out, decouple, own module
merge, combine, join, unify, consolidate, bring together, put together, in one place, deduplicate
copy, clone, duplicate, replicate
save, store, persist, keep, remember, retain, preserve, survive, stay, sticks
cache, caching, cached, memoize, memoise, keep in memory, reuse results
queue, background job, job, worker, background, asynchronous, async, in the background, task
  queue, celery, deferred
schedule, cron, nightly, periodic, periodically, every night, timer, recurring, scheduled,
  regularly, automatically every
notification, notify, alert, inform, tell, warn, reminder, remind, ping, let know, push message,
  told
email, e-mail, mail, message, newsletter, inbox
text message, sms, texting
subject, topic, heading, title, headline, header
send, deliver, dispatch, post, emit, submit, transmit, sent, goes out, go out
download, save to disk, fetch file, get a file
upload, attach, attachment, send a file, put a file
import, ingest, bring in, read in, load from file, bulk load, ingestion
export, dump, write out, extract, output as, take out, get out of
csv, spreadsheet, excel, xlsx, comma-separated, comma separated
pdf, printable, portable document
picture, image, photo, photograph, thumbnail, screenshot, img, avatar, illustration, artwork,
  graphic
profile picture, avatar, profile photo
icon, symbol, glyph, logo, favicon
movie, video, clip, film, footage
sound, audio, music, noise, volume, sfx, sound effect
dark mode, night mode, dark theme, dark colours, dark colors, black background, dark scheme,
  night theme
colour, color, tint, shade, hue, palette
font, typeface, text size, letter size, typography, lettering
button, link, control, clickable
menu, navigation, nav, sidebar, navbar, toolbar, hamburger, menu bar
dialog, modal, popup, pop-up, prompt, overlay, confirmation, confirm, are you sure, ask before
tooltip, hint, hover text, help text
scroll, scrolling, swipe
infinite scroll, endless scrolling, load more, lazy load, pagination, paginate, paging, page
  through, pages of, in pages, chunks of
sort, order, ordering, sorted, rank, ranking, arranged, arrange, sequence
filter, narrow, restrict, only show, limit to, narrow down, facet, by category
search, find, look up, lookup, query, finding, look for, full-text
autocomplete, auto-complete, suggest, suggestion, typeahead, completion, as you type, while typing
translate, translation, localise, localize, i18n, internationalisation, internationalization,
  language, locale, multilingual, localisation, localization, translated
accessibility, a11y, screen reader, screen readers, aria, blind, wcag, contrast, visually
  impaired, assistive, keyboard only, voiceover
keyboard, key, shortcut, hotkey, keybinding, key binding, keys, keystroke, key combination
mouse, cursor, pointer, click, tap, press
touch, gesture, pinch
mobile, phone, smartphone, handset, small screen, small screens, responsive, tablet, device
desktop, laptop, computer, pc
offline, no network, no connection, without internet, no internet, without connection,
  disconnected, airplane mode, flight mode, without a network, connection lost, tunnel
online, connected, connection, connectivity, network
sync, synchronise, synchronize, in step, replication, up to date, in sync
real-time, realtime, live, websocket, websockets, instantly, immediately, push updates, without
  reload, without refreshing
reload, refresh, restart, reboot, start again, relaunch
start, launch, boot, startup, start-up, open, begin, starting, initialise, initialize, cold start
stop, halt, end, shut down, shutdown, quit, exit, close, terminate, kill
cancel, abort, undo, revert, roll back, rollback, take back, withdraw, back out, interrupt
undo, ctrl-z, step back, revert
install, installer, installation, setup, set up, package
upgrade, bump, newer version, update to, move to, latest version, migrate to
downgrade, older version
version, release, revision, edition
deploy, deployment, roll out, rollout, ship, release, go live, publish, put into production,
  push to production
production, live environment, prod
staging, test environment, preview environment, pre-production, review app
backup, back up, snapshot, dump, copy of the data, backups
restore, recover, bring back, get back
database, db, data store, datastore, postgres, postgresql, mysql, sqlite, sql, storage
table, relation, schema
column, field, attribute, property
index, indexes, indices
transaction, atomic, all or nothing, commit
lock, mutex, semaphore, locking
race, race condition, concurrent, at the same time, simultaneously, concurrency, in parallel,
  parallel, two at once, data race, thread-safe, thread safe
thread, threads, core, cores, multithreaded, multi-threaded, worker threads
log, logging, logs, log file, trace, record, journal, logged
audit, audit log, audit trail, who did what, history of changes, who changed, activity log
monitor, monitoring, metrics, dashboard, observability, prometheus, grafana, telemetry,
  statistics, stats, measure, counters
chart, graph, plot, diagram, visualise, visualize, visualisation, curve
report, summary, overview, statement, digest
document, documentation, docs, describe, explain, guide, tutorial, readme, manual, write down,
  how-to, handbook
example, sample, demo, snippet
test, tests, testing, covered, coverage, unit test, test suite, spec, check that, regression test
flaky, flake, intermittent, unstable, fails at random, fails randomly, random failures,
  unreliable, now and then, sporadic, once in a while, occasionally, non-deterministic, from time
  to time
ci, continuous integration, pipeline, build server, github actions, workflow, build pipeline
compile, compilation, compiler, build, builds, compiled
lint, linter, style check, formatting, formatter, code style, prettier, pretty print
warning, warn, warnings, deprecation notice
type hint, type hints, annotations, typing, typed, static types, type-checked, mypy, pyright
refactor, restructure, clean up, tidy, simplify, rewrite, reorganise, reorganize, untangle, rework
dependency, library, package, third-party, module, dependencies
config, configuration, setting, settings, option, preference, preferences, configurable,
  parameter, flag, customise, customize, adjustable, configure, switch for, choose
environment variable, env var, env variable, environment
command line, cli, terminal, console, shell, command-line
flag, switch, argument, option
api, endpoint, rest, route, interface, http api, web service
webhook, callback, hook, callbacks, outgoing hook
rate limit, throttle, throttling, too many requests, limit the number of, quota, 429, rate
  limiting, requests per minute, requests per second, limit how often
validate, validation, verify, check, sanity check, reject invalid, refuse, sanitise, sanitize,
  checked, malformed
escape, sanitise, sanitize, injection, xss, cross-site scripting, html injection
encrypt, encryption, tls, ssl, https, secure, cipher, encrypted, at rest
certificate, cert, certificates, let's encrypt, letsencrypt
secret, api key, token, key, credential, secrets, access key
expire, expiry, expires, expiration, lifetime, ttl, run out, valid until, runs out, lapse,
  stale, no longer valid
security, vulnerability, cve, exploit, hole, attack, attacker, malicious
spam, abuse, bot, bots, captcha, robots, junk
gdpr, privacy, personal data, data protection, consent, cookie banner, right to be forgotten,
  anonymise, anonymize
cart, basket, shopping cart, shopping basket, trolley, bag
checkout, purchase, buy, buying, order process, place an order, ordering, till
order, purchase, orders
pay, payment, paying, charge, billing, paid, charged, bill
credit card, card, stripe, card payment, visa
refund, reimburse, money back, chargeback, give back money, pay back, return the money
invoice, bill, receipt, invoices
price, cost, amount, pricing, fee, total, sum
discount, coupon, voucher, promo code, promotion code, promotion, rebate, reduction, gift code
tax, vat, sales tax, taxes
currency, euro, dollar, exchange rate, money
shipping, delivery, shipment, parcel, postage, dispatch, carrier, courier
address, location, street, postcode, zip code, postal code
stock, inventory, availability, sold out, out of stock, warehouse, unavailable
product, item, article, goods, sku
catalogue, catalog, range, assortment, listing
wishlist, wish list, favourites, favorites, bookmark, saved items, starred, save for later
review, rating, feedback, stars, comment, rate
subscription, plan, membership, subscribe, subscriber, recurring payment
trial, free trial, trial period, test period
customer service, support, helpdesk, ticket, support team
calendar, appointment, booking, date picker, event, meeting, slot
reservation, booking, book
time zone, timezone, utc, local time, daylight saving, dst, summer time, clock change, offset,
  time zones
date, day, time, timestamp, datetime
midnight, end of day, day boundary, day change
number, figure, numeric, decimal, digits, integer, count
rounding, round, rounded, precision, cents, off by a cent, floating point, penny, pennies,
  fraction
overflow, too large, exceeds, too big, wraps around, out of range
unicode, utf-8, utf8, umlaut, umlauts, emoji, special characters, non-ascii, encoding, accents,
  accented, character set, mojibake, garbled, charset
empty, blank, nothing, null, none, zero, nil
long, large, big, huge, lengthy, oversized, giant, enormous
small, tiny, short, little
truncate, cut off, cut, clipped, shortened, ellipsis, overflows, too wide, chopped
overlap, covers, on top of, hidden behind, overlaps, collide, obscured
align, alignment, layout, position, placed, misaligned, crooked, spacing, margin, padding
width, height, size, resize, dimensions, resizing
animation, animate, transition, smooth, jerky, stutter, choppy, frame drops, frame rate, fps,
  framerate, jank
level, stage, map, mission
enemy, monster, opponent, npc, foe, boss, ai opponent
player, gamer, hero, character, avatar
score, points, high score, leaderboard, highscore, ranking, best scores
controller, gamepad, joystick, joypad
multiplayer, co-op, coop, online play, play together, versus, two players, split screen
physics, collision, collisions, gravity, hitbox
shadow, light, lighting, shader, texture
save game, savegame, saved game, game progress, progress, checkpoint
pause, suspend, on hold, resume, continue
battery, power, energy, power consumption, drain, drains, current draw, low power, sleep mode,
  standby
firmware, image, ota, over the air, over-the-air
sensor, probe, thermometer, reading, measurement, readings
bluetooth, ble, pairing, pair
wifi, wi-fi, wlan, wireless, access point
gps, location, position, geolocation, coordinates
interrupt, isr, irq
watchdog, hardware reset
uart, serial, serial port, rs232
flash, eeprom, non-volatile, nvs
train, training, fit, learning, epoch, epochs
model, network, classifier, estimator, weights
accuracy, precision, quality of predictions, score, metric, f1
overfit, overfitting, regularisation, regularization, dropout, early stopping
inference, prediction, predict, scoring, serving, forecast
dataset, data set, corpus, training data, examples
gpu, cuda, graphics card, accelerator
gradient, backpropagation, derivative, nan loss
random, seed, reproducible, deterministic, same result, reproducibility, repeatable
tokenizer, tokeniser, tokenization, tokens, word splitting
null values, missing values, nan, gaps in the data, imputation
pipeline, etl, data flow, dag, airflow
batch, bulk, in one go, many at once, all at once, several at once, mass, group of
stream, streaming, kafka, event stream, chunk, piece by piece, chunked, incrementally
parse, parser, parsing, syntax, grammar, read in
ast, syntax tree, tree
error message, diagnostic, message, wording, complaint, error text
line number, position, location, line, where in the file
stack trace, traceback, backtrace, call stack
variable, identifier, symbol, name
function, method, procedure, routine
constant folding, optimisation, optimization, optimiser, optimizer
recursion, recursive, stack overflow, nested, deeply nested, nesting
garbage collection, gc, collector
plugin, extension, add-on, addon, module, plug-in
editor, ide, vscode, vim, code editor
language server, lsp
markdown, md, rich text, formatted text, wysiwyg
table of contents, toc, outline, contents list
broken link, dead link, 404, not found, links that lead nowhere, dead links, link checker
url, address, slug, web address, path
redirect, forward, forwarding, 301
seo, search engine, google, meta tags, sitemap, search engines, crawlers
rss, feed, atom
share, sharing, social, facebook, twitter, pass on
comment, remark, reply, discussion, thread, annotation, note
chat, conversation, messenger, direct message, dm
mention, tag, label, category
drag, drag and drop, drag-and-drop, reorder, move around
select, choose, pick, selection, multi-select, tick, checkbox, mark
copy to clipboard, clipboard, copy button, paste
print, printing, printer
template, boilerplate, skeleton, scaffold, preset, layout
placeholder, dummy
default, preset, out of the box, initial, by default, standard
limit, maximum, cap, at most, ceiling, bound, upper bound, max, quota
minimum, at least, lower bound, min
container, docker, docker image, kubernetes, k8s, pod, image
cluster, nodes, node, kubernetes, replica
load balancer, proxy, reverse proxy, nginx, gateway
health check, healthcheck, liveness, readiness, heartbeat, probe, ping, alive
autoscale, autoscaling, scale, scaling, more replicas, scale up, scale out, elastic
dns, domain, hostname, name server
firewall, security group, ingress, allow list, whitelist, allowlist, blocklist
disk, disk space, storage, volume, filesystem, file system
terraform, infrastructure as code, ansible, pulumi, provisioning
secret manager, vault, key store
cost, spend, spending, expensive, cheaper, budget, save money
incident, outage, downtime, unavailable, down
on-call, pager, pagerduty, oncall
admin, administrator, back office, backoffice, staff, operator, moderator, management
team, organisation, organization, workspace, group, tenant, company
invite, invitation, inviting
onboarding, welcome, first steps, tour, getting started, first run, wizard
impersonate, act as, log in as
archive, hide, put away, soft delete, trash
history, versions, revisions, past, previous, earlier
progress bar, progress, spinner, loading indicator, loading state, skeleton, busy indicator, how
  far, percent
empty state, nothing to show, no results, no entries
unsaved changes, lose changes, losing work, lose work, autosave, auto-save, saves itself, draft,
  drafts
file, files, document
folder, directory, path
symlink, symbolic link, link
permission denied, access denied, 403, forbidden
500, internal server error, server error
http, request, requests, call, calls
response, answer, reply, result
header, headers
cookie, cookies, session
session, sessions, visit
cors, cross-origin, origin
json, payload, body
xml, soap, feed
yaml, toml, ini
regex, regular expression, pattern, glob, wildcard
hash, checksum, digest, fingerprint
compress, compression, gzip, zip, smaller, archive, shrink, minify
unsubscribe, opt out, opt-out, stop receiving
geographic, region, country, countries, area
distance, kilometre, mile, kilometres, miles, metres
weight, kilogram, pounds, kg
unit, units, metric, imperial
student, pupil, learner
teacher, instructor, lecturer, tutor
course, class, lesson, lecture
exam, quiz, test, assessment
grade, mark, grading, marks
homework, assignment, exercise
patient, sick
doctor, physician, practitioner
prescription, medication, medicine, drug
employee, staff, worker, colleague
salary, wage, payroll, pay
holiday, vacation, leave, day off, days off, time off
contract, agreement
signature, sign, signing
account, profile, user account
username, user name, handle, login name
birthday, date of birth, age
blank page, white screen, white page, empty page, blank screen, nothing but white
loop, endless loop, infinite loop, endlessly, forever, infinitely, never stops
loading, load time, page load
bypass, skip, avoid, circumvent, work around, get around, jump over, leave out
prevent, avoid, forbid, disallow, must not, may not, block, stop from
abandon, leave, give up, drop out, lose buyers, churn
tired, annoyed, complain, complaint, confused, confusing, do not understand, unclear, puzzled
unused, never read, never used, not needed, superfluous, unnecessary
local, locals, variable, variables
silence, turn off, switch off, disable, suppress, mute, opt out of, deactivate
turn on, switch on, activate, enable
abort, break off, stop the whole, end the run
supplier, vendor, source, provider, partner
deliver, provide, supply, hand over, arrive
deadly, die, dies, dying, dead, death, lose a life
begin, beginning, start, from the start, from scratch, over again
continue, go on, carry on, proceed, resume, pick up
go away, disappear, be gone
exponential, quadratic, explode, blow up, grows with
nested, within each other, inside, inner
regression, since, worked before, used to work, broke in
spelling, typo, misspelled, misspelling, mistake, spell checker, spellcheck
tolerate, forgive, fuzzy, approximate, trigram, edit distance
huge, full size, full-size, original size, several mb, unscaled
remaining, left, still available, in stock, still there
visible, shown, displayed, can be seen
voice, spoken, speak, speech, announcement, say, read aloud, talk
heart rate, pulse, heartbeat, bpm
belt, strap, band
track, recording, record, activity, workout, run, ride, exercise, session
standing still, not moving, does not move, idle, stationary
accuracy, precision, precise, exact, exactness
miles, imperial, imperial units
metric units, kilometres, kilometers, km
operating system, os, platform
appearance, theme, look, style, skin, scheme
terminated, killed, ended, closed
continuously, every ten seconds, all the time, constantly, permanently
erase, delete, wipe, remove all data
demand, require, requirement, mandatory, insist, prescribed
caret, underline, point at, mark the place, highlight, marker
source line, offending code, code excerpt, where it happened
closing quote, unterminated string, unterminated, unclosed, missing quote
literal, string, text
recompile, rebuild, incremental compilation, incremental build, build again
declared, declaration, definition, defined
jump to, go to, navigate to
stepping, step through, single step, debugging, debugger
inlining, inlined, inline
wraps around, overflow, wrap
complain, report, diagnose, diagnostic, error out
case, branch, variant, alternative
exhaustive, exhaustiveness, all cases, missing case
nesting, nested, deep, depth, brackets, parentheses
chapter, section, documentation, page, article
correction, late update, amendment, restatement, re-delivery, redelivery
append, insert, add a row
upsert, merge, insert or update
backfill, historic load, load history, historical data, last year's, old data
bucket, object storage, s3, blob storage, gcs
anomaly, anomalies, something is off, unusual, suspicious, out of the ordinary
fresh, freshness, stale, outdated, not updated, age of the data
mask, pseudonymise, pseudonymize, anonymise, anonymize, hash, redact
pii, personal data, names and e-mails, customer names
lineage, where data comes from, origin, provenance, depends on
exchange rate, rate, conversion rate, currency conversion
slowly changing, history of attributes, historise, historize, valid from, type 2
platform, elevator, lift, moving platform
fall through, drop through, pass through, clip through
stutter, stuttering, hiccup, frame drops, low fps
monster, slime, ogre
pathfinding, path finding, navigation mesh, route finding
soundtrack, music, score, background music
drown, too loud, louder
slider, volume setting, own volume
alt-tab, alt-tabbing, switching windows, lose focus, task switch
full screen, fullscreen, full-screen
colour-blind, color-blind, colour blindness, color blindness, red-green
told apart, distinguish, distinguishable, indistinguishable, tell the difference
speedrun, speedrunner, speedrunning
clock, timer, stopwatch, time display
take back, undo, revert
first, initial
last, final, latest, most recent, newest
all, every, each, whole, entire
per, each, by
"""

CONTRASTS = """
import, export
upload, download
add, remove
enable, disable
create, delete
login, logout, register
start, stop
encrypt, decrypt
compress, decompress
read, write
send, receive
input, output
request, response
client, server
frontend, backend
ios, android, web, desktop, tablet, watch
windows, macos, linux, bsd
chrome, firefox, safari, edge
csv, pdf, json, xml, yaml, excel, markdown, html, parquet
png, jpeg, svg, webp, gif
mysql, postgres, sqlite, oracle, mongodb, redis, clickhouse, duckdb
aws, azure, gcp
s3, gcs, ftp, sftp
email, sms, push, slack, teams, telegram, webhook
google, github, facebook, apple, microsoft, gitlab
paypal, stripe, klarna, card, invoice
german, french, spanish, italian, japanese, chinese, korean, portuguese, brazilian, dutch,
  swedish, danish, norwegian, finnish, polish, czech, hungarian, turkish, greek, russian,
  ukrainian, arabic, hebrew, hindi, thai, vietnamese, english
euro, dollar, pound, yen
monday, tuesday, wednesday, thursday, friday, saturday, sunday
january, february, march, april, may, june, july, august, september, october, november, december
hour, day, week, month, year, minute, daily, weekly, monthly, yearly, hourly
horizontal, vertical
left, right
top, bottom
ascending, descending
first, last
minimum, maximum
width, height
row, column
customer, admin, guest, supplier, teacher, student, doctor, patient, manager, editor, author,
  driver, seller, buyer
invoice, order, refund, coupon, shipment, product, review, cart, wishlist, customer, category,
  payment, subscription, supplier
comment, post, article, message, profile, group, event, tag
header, footer, sidebar
password, username, email, phone, address, avatar
button, checkbox, dropdown, tooltip, table, chart, menu
video, audio, image, text, subtitle
enemy, player, boss, weapon, level, camera, vehicle
keyboard, mouse, gamepad, touch
music, sound effect, dialogue
gps, bluetooth, wifi, uart, i2c, spi, can, usb, ethernet, modbus, lora, mqtt, zigbee
temperature, humidity, pressure, light, motion, current, voltage, distance
accelerometer, gyroscope, magnetometer
led, display, buzzer, motor, relay
cpu, gpu, memory, disk, network
training, inference, evaluation
classification, regression, clustering
staging, production, development
backup, restore
unit, integration, end-to-end, load
debug, release
python, javascript, typescript, rust, go, java, ruby, php, kotlin, swift
pip, npm, cargo, maven
function, class, struct, enum, interface, macro, module, variable, trait, lambda, generics
parser, lexer, formatter, linter, debugger, optimizer, type checker, code generator
if, for, while, switch, match
integer, float, string, boolean, array, date
vim, vscode, emacs, intellij, sublime
get, put, post, patch
open, close
lock, unlock
follow, unfollow
subscribe, unsubscribe
inbound, outbound
internal, external
public, private
before, after
weekly, monthly, daily
billing, shipping
homework, exam, course, grade, lesson, attendance, timetable
appointment, prescription, referral, lab result, invoice
kafka, rabbitmq, sqs, airflow
sum, average, median, count
grafana, prometheus, sentry, datadog
docker, kubernetes, terraform, ansible
node, pod, volume, ingress, namespace
certificate, dns, firewall
latency, throughput, errors
bold, italic, underline
heading, list, quote, code block, footnote
rename, sort, filter, search, share, print, move, copy, hide, archive, restore, approve
definition, rename, completion, hover, references, formatting
definition, reference, declaration, implementation
reminder, approval, request
monthly, weekly, daily
first, second, third
short, long
fast, slow
increase, decrease, reduce
show, hide
collapse, expand
zoom in, zoom out
accept, reject, decline
guest, registered
full, partial
single, multiple, bulk
manual, automatic
synchronous, asynchronous
static, dynamic
local, remote
source, target
country, city, street
name, description, price, size, colour
seller, buyer
north, south, east, west
spring, summer, autumn, winter
jira, trello, asana
aws, gcp, azure, hetzner
visa, mastercard, amex
xbox, playstation, switch, pc
gauge, histogram, counter
loading, saving
sign, verify
hash, encrypt
heap, stack
mutex, semaphore
tcp, udp, http, grpc, websocket
ipv4, ipv6
x86, arm, wasm, riscv
int8, fp16, fp32
precision, recall, accuracy, f1, auc
encoder, decoder
train, predict
dropout, batch normalisation
adam, sgd
"""
