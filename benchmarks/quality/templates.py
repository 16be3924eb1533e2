"""Templates as companies fill them for sites, machines, roles and systems, and the words to fill them with.

Slots are `{pool}` or `{pool2}`; the same slot gets the same word throughout a text. Even and odd templates are
used for training and judging apart.
"""

from __future__ import annotations

POOLS: dict[str, tuple[str, ...]] = {
    "site": (
        "Aldbury",
        "Brackwell",
        "Corsham",
        "Denholme",
        "Elmstead",
        "Farleigh",
        "Gosfield",
        "Hexton",
        "Ilminster",
        "Kelso",
    ),
    "person": (
        "Maria Holt",
        "Jonas Weber",
        "Priya Nair",
        "Tom Ashby",
        "Lena Fischer",
        "Omar Haddad",
        "Ines Costa",
        "Paul Drew",
        "Anke Vogel",
        "Sean Riley",
        "Mei Tan",
        "Carla Russo",
    ),
    "machine": (
        "band saw",
        "press brake",
        "pallet wrapper",
        "scissor lift",
        "bench grinder",
        "injection moulder",
        "belt conveyor",
        "laser cutter",
        "drum mixer",
        "steam boiler",
        "tower crane",
        "labelling line",
    ),
    "hazard": (
        "hot surfaces",
        "flying chips",
        "crushed fingers",
        "high noise",
        "falling loads",
        "electric shock",
        "solvent vapour",
        "trailing cables",
        "sharp edges",
        "stored pressure",
    ),
    "gear": (
        "safety glasses",
        "cut-resistant gloves",
        "ear defenders",
        "a face shield",
        "steel-toed boots",
        "a harness",
        "heat-proof sleeves",
        "a respirator",
    ),
    "substance": (
        "acetone",
        "ammonia",
        "chlorine",
        "propane",
        "nitric acid",
        "caustic soda",
        "hydrogen peroxide",
        "toluene",
    ),
    "system": ("Orbis", "Talaria", "Kivo", "Pendant", "Marlin", "Quillon", "Vestra", "Ledgerline"),
    "task": (
        "book leave",
        "raise an order",
        "record a visit",
        "approve an invoice",
        "reset a password",
        "log a defect",
        "plan a shift",
        "request a refund",
    ),
    "role": (
        "warehouse operative",
        "ward nurse",
        "shift supervisor",
        "account manager",
        "site engineer",
        "night porter",
        "buyer",
    ),
    "department": (
        "Procurement",
        "Radiology",
        "Logistics",
        "Payroll",
        "Facilities",
        "Customer Care",
        "Quality",
        "Maintenance",
    ),
    "country": ("Austria", "Portugal", "Norway", "Poland", "Ireland", "Belgium", "Finland", "Greece"),
    "law": (
        "the Works Act",
        "the Shifts Ordinance",
        "the Labour Code",
        "the Fair Hours Act",
        "the Safety Decree",
    ),
    "customer": (
        "hotels",
        "schools",
        "hospitals",
        "supermarkets",
        "builders",
        "museums",
        "farmers",
        "airports",
    ),
    "product": (
        "Sentra pump",
        "Calor valve",
        "Nimbus meter",
        "Terra filter",
        "Volta charger",
        "Aero fan",
        "Luma panel",
    ),
    "skill": (
        "negotiation",
        "presenting",
        "coaching",
        "project planning",
        "report writing",
        "time management",
        "active listening",
        "delegation",
        "spreadsheets",
        "interviewing",
    ),
    "verb": ("practise", "rehearse", "discuss", "compare", "analyse", "draft", "sort", "review"),
    "thing": (
        "real cases",
        "checklists",
        "short films",
        "your own examples",
        "recorded calls",
        "worked figures",
        "role plays",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "place": (
        "the north gate",
        "the car park",
        "the canteen",
        "the loading bay",
        "the main lobby",
        "the sports field",
        "dock two",
    ),
}

LONG: tuple[str, ...] = (
    """# Site safety sheet: {site}

Welcome to {site}. Before you start work you must know the alarm, the way out and the people in
charge.

The assembly point at {site} is {place}. When the alarm sounds, leave by the nearest exit and walk
there without stopping to collect your things. Do not use the lifts. The fire warden for the early
shift is {person}, for the late shift {person2}. Give your name to the warden and stay until you are
released.

First aiders are listed beside the canteen door. In an emergency call {n} from any internal phone
and say where you are. The defibrillator hangs next to {place2}. Report every accident and every
near miss to {person3} on the same day, extension {n2}.

The speed limit for vehicles in the yard is {n3} km/h. Walk only on the green paths and wear a
high-visibility vest. Visitors sign in at the gate and are never left alone. Smoking is allowed only
in the shelter behind {place3}.

The risk assessment for {site} was approved by {person4} and is kept in room {n4}. Ask there when
anything on this sheet is unclear.
""",
    """# Operating the {machine}

This module prepares you to work at the {machine}. You may switch it on only after {person} has
signed your card.

## Before you start
Check that the guards are fitted and that the area is free of obstacles. Wear {gear} at all times.
The main dangers at the {machine} are {hazard} and {hazard2}. Never reach past a guard while the
machine moves. Test the emergency stop at the start of every shift.

## During operation
Set the speed to {n} and let the {machine} run for {n2} seconds before you load it. Do not exceed a
load of {n3} kg. Stop the machine at once if you notice unusual noise, smell or vibration. Never
leave it running without supervision.

## Cleaning and lockout
Switch off the main supply, hang your own padlock on the isolator and keep the key in your pocket.
Wait {n4} minutes until moving parts stand still. Remove residue with the brush, never by hand.
Enter the cleaning in the log book.

## In an emergency
Press the red button, leave the danger area and call {n5}. Do not restart the machine before
{person} agrees.
""",
    """# How to {task} in {system}

In this guide you learn how to {task} in {system}. It takes about {n} minutes and needs no special
rights.

Open {system} from the start page and sign in with your staff number. Choose the area {department}
in the menu on the left. The list shows what is waiting for you. Click New in the top right corner.
Fill in all fields marked with a star; for {department} the cost centre is {n2}. Attach documents
where they are asked for, at most {n3} MB each.

Check your entries once more and press Send. {system} gives you a reference number. Keep it: you
will need it when you have a question. {person} releases entries every {day} before noon. You get a
message when it is done.

If something goes wrong, do not create a second entry. Write to the help desk of {department},
extension {n4}, and name the reference number. Common mistakes are a missing cost centre and an
attachment in the wrong format.
""",
    """# Working hours and leave in {country}

This page sums up what applies to colleagues who are employed in {country}. It does not replace your
contract.

Under {law} the regular working week has {n} hours, spread over five days. Overtime must be agreed
in advance with your manager. It is paid out or taken as time off within {n2} weeks. After six hours
of work you take a break of at least {n3} minutes.

You have {n4} days of paid leave a year. Enter leave in {system} at least two weeks ahead. Up to
{n5} days may be carried over and must be taken by the end of March. In case of illness tell your
manager before your shift begins, and hand in a certificate from the third day on.

Public holidays follow the calendar of {country}. If you work on a public holiday, the supplement is
{n6} per cent. Your contact for all questions is {person} in {department}.
""",
    """# Handling {substance}

{substance} is used in several of our plants. This sheet tells you what you must know before you
handle it.

Main dangers: {hazard} and {hazard2}. Exposure must not exceed {n} ppm averaged over a shift. Work
only under extraction and wear {gear} together with {gear2}. Keep containers closed and labelled.
Store no more than {n2} litres at the workplace and keep away from heat and from {substance2}.

If {substance} is spilled, warn others, stop the source if you can do so safely, and cover drains.
Take up small amounts with the binder from the yellow box near {place}. Larger amounts are a case
for the plant fire brigade, telephone {n3}.

After contact with skin rinse for {n4} minutes. After contact with the eyes rinse and see a doctor
at once. After inhaling bring the person into fresh air. Show the doctor this sheet. Waste goes into
container {n5}. Responsible for the safety data sheet: {person}.
""",
    """# Your first week as {role} in {department}

Good to have you with us. This plan takes you through your first five days as {role} in
{department}.

On the first day {person} meets you at {place} at {n} o'clock. You get your badge, your locker and
access to {system}. In the afternoon you do the fire and data protection modules. On the second day
you accompany {person2} and see how a normal shift runs. Write down everything you want to ask.

On the third and fourth day you take over your first tasks as {role} under supervision. You learn
how to {task} and whom to ask when it does not work. {department} meets every {day} for {n2}
minutes; bring one observation.

On the fifth day you talk with {person} about what went well and what you still need. Your goals for
the first {n3} weeks are agreed and noted. After that you have a conversation every second week. For
anything about pay ask extension {n4}.
""",
    """# Product briefing: {product}

The {product} was made for {customer}. After this briefing you can explain what it does and whom it
suits.

## What it is
The {product} works at {n} volts, weighs {n2} kg and is delivered ready to use. It replaces two
older models. Most {customer} ask first about noise and running costs: mention the {n3} dB and the
five-year warranty.

## What to say
Begin with the customer's problem, not with the device. Ask how many hours a day it would run. For
{customer} the {product} pays for itself within {n4} months. Compare it honestly: for {customer2}
another model is the better choice.

## Objections
If the price is too high, speak of service intervals: every {n5} hours. If delivery takes too long,
offer the loan unit. Never promise discounts; {person} in {department} decides about them, at most
{n6} per cent.
""",
    """# Service standard for {customer}

Our {customer} expect that we answer quickly and keep our word. This standard says what that means
every day.

We pick up the phone within {n} rings and greet with our name. We answer written questions within
{n2} hours. If we need longer, we say so and name a time. Complaints from {customer} go to {person},
who decides up to {n3} euros alone.

Before we visit {customer} we read the last three entries in {system}. We arrive on time, show our
badge and report to {place}. We leave the place as tidy as we found it. Every visit is recorded on
the same day.

We measure what we promise. At least {n4} of 100 must say that they would recommend us. The figures
are shown every {day} in {department}. Ideas for doing better go to {person2}, extension {n5}.
""",
)

SHORT: tuple[str, ...] = (
    """
In this course you learn the basics of {skill}. You {verb} {thing} and apply them at once to your
own work. Suitable for every {role}. No previous knowledge is needed. Duration: {n} minutes. Ends
with a short quiz.
""",
    """
This training explains how to {task} in {system}. It is meant for new colleagues in {department}.
After {n} minutes you can do it without help. Contact: {person}, extension {n2}.
""",
    """
A workshop on {skill} for people in {department}. With {person} you {verb} {thing} in small groups.
Please bring a laptop. Every {day}, {n} places. Register in {system} two weeks ahead.
""",
    """
Annual instruction for everyone who works at the {machine}. Covers {hazard}, {hazard2} and the use
of {gear}. Must be repeated every {n} months. Trainer: {person}.
""",
    """
E-learning about {product} for colleagues who advise {customer}. Shows features, typical questions
and the right answers. Takes {n} minutes and ends with {n2} questions. Certificate valid for one
year.
""",
    """
Safety briefing for {site}. Shows the exits, the assembly point at {place} and the people in charge.
Must be completed before the first shift. Questions to {person}, extension {n}.
""",
    """
This module introduces {substance}: properties, {hazard}, storage and first aid. For everyone in
{department} who handles it. Online, {n} minutes, with test. Valid for {n2} months.
""",
    """
Information for employees in {country}: working hours, leave and public holidays under {law}. Read
it in {n} minutes and confirm at the end. Contact in {department}: {person}.
""",
)
