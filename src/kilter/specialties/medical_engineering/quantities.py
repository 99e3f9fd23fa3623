"""The quantities of the workshop's tests, each with the unit in which a procedure works."""

from __future__ import annotations

from typing import Annotated

from kilter.measure.quantity import Between, quantity, repeated
from kilter.measure.unit import Floats

MillimetreOfMercury = Annotated[float, quantity("mmHg")]
MillimetreOfMercuryPerMinute = Annotated[float, quantity("mmHg/min")]
Kilopascal = Annotated[float, quantity("kPa")]
KilopascalPerMinute = Annotated[float, quantity("kPa/min")]
CentimetreOfWater = Annotated[float, quantity("cmH2O")]
Joule = Annotated[float, quantity("J")]
Watt = Annotated[float, quantity("W")]
Ampere = Annotated[float, quantity("A")]
Milliampere = Annotated[float, quantity("mA")]
Millivolt = Annotated[float, quantity("mV")]
Gram = Annotated[float, quantity("g")]
Kilogram = Annotated[float, quantity("kg")]
Millilitre = Annotated[float, quantity("mL")]
MillilitrePerGram = Annotated[float, quantity("mL/g")]
MillilitrePerHour = Annotated[float, quantity("mL/h")]
LitrePerMinute = Annotated[float, quantity("L/min")]
Millisecond = Annotated[float, quantity("ms")]
Minute = Annotated[float, quantity("min")]
Day = Annotated[float, quantity("d")]
Year = Annotated[float, quantity("y")]
Month = Annotated[float, quantity("month")]
PerMinute = Annotated[float, quantity("per_min")]
PerYear = Annotated[float, quantity("per_y")]
BeatsPerMinute = Annotated[float, quantity("bpm")]
Kelvin = Annotated[float, quantity("K")]
Lux = Annotated[float, quantity("lx")]
RevolutionsPerMinute = Annotated[float, quantity("rpm")]
NewtonMetre = Annotated[float, quantity("Nm")]
MetrePerSecond = Annotated[float, quantity("m/s")]
SoundLevel = Annotated[float, quantity("dBA")]

BodyTemperature = Annotated[float, quantity("degC"), Between(0.0, 60.0)]
Temperatures = Annotated[Floats, repeated("degC"), Between(-100.0, 400.0)]
