"""Quantities that nuclear medicine declares its procedures with."""

from __future__ import annotations

from typing import Annotated

from kilter.measure.quantity import Between, quantity

Megabecquerel = Annotated[float, quantity("MBq")]
Kilobecquerel = Annotated[float, quantity("kBq")]
Becquerel = Annotated[float, quantity("Bq")]
Day = Annotated[float, quantity("d")]
Minute = Annotated[float, quantity("min")]
Millilitre = Annotated[float, quantity("mL")]
MillilitrePerMinute = Annotated[float, quantity("mL/min")]
Kilogram = Annotated[float, quantity("kg")]
Centimetre = Annotated[float, quantity("cm")]
Metre = Annotated[float, quantity("m")]
Millisievert = Annotated[float, quantity("mSv")]
MicrosievertPerHour = Annotated[float, quantity("uSv/h")]
MillisievertPerHour = Annotated[float, quantity("mSv/h")]
SquareCentimetre = Annotated[float, quantity("cm2")]
BecquerelPerSquareCentimetre = Annotated[float, quantity("Bq/cm2")]
CountsPerSecond = Annotated[float, quantity("cps")]
Kiloelectronvolt = Annotated[float, quantity("keV")]
KilobecquerelPerMegabecquerel = Annotated[float, quantity("kBq/MBq")]
Concentration = Annotated[float, quantity("MBq/mL")]
Milligray = Annotated[float, quantity("mGy")]
MegabecquerelHour = Annotated[float, quantity("MBq.h")]
MicrogramPerMillilitre = Annotated[float, quantity("ug/mL")]

Litre = Annotated[float, quantity("L")]
SquareMetre = Annotated[float, quantity("m2")]
PerMinute = Annotated[float, quantity("per_min")]
Gram = Annotated[float, quantity("g")]
DosePerDecay = Annotated[float, quantity("mGy/MBq.h")]
ExposureConstant = Annotated[float, quantity("uSv.m2/MBq.h")]

Activity = Annotated[Megabecquerel, Between(0.0, 1e9)]
Counts = Annotated[float, quantity("count"), Between(0.0, 1e12)]
Share = Annotated[float, quantity("1"), Between(0.0, 1.0)]
