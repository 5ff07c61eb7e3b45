(class_definition name: (_) @name) @class
(object_definition name: (_) @name) @class
(trait_definition name: (_) @name) @trait
(enum_definition name: (_) @name) @enum
(simple_enum_case name: (_) @name) @field
(full_enum_case name: (_) @name) @field
(type_definition name: (_) @name) @type
(function_definition name: (_) @name) @function
(function_declaration name: (_) @name) @prototype
(package_object name: (_) @name) @module
(given_definition name: (_) @name) @constant
(template_body (val_definition pattern: (identifier) @name) @field)
(template_body (var_definition pattern: (identifier) @name) @field)
(class_definition class_parameters: (class_parameters (class_parameter name: (_) @name) @field))
(compilation_unit (var_definition pattern: (identifier) @name) @constant)
(compilation_unit (val_definition pattern: (identifier) @name) @constant)
(block_comment) @comment
