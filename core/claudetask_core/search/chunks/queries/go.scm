(function_declaration name: (_) @name) @function
(method_declaration receiver: (parameter_list (parameter_declaration type: [
  (type_identifier) @owner
  (generic_type type: (type_identifier) @owner)
  (pointer_type [(type_identifier) @owner (generic_type type: (type_identifier) @owner)])
])) name: (_) @name) @method
(method_declaration name: (_) @name) @method
(type_declaration (type_spec name: (_) @name type: (struct_type)) @struct)
(type_declaration (type_spec name: (_) @name type: (interface_type)) @interface)
(type_declaration (type_spec name: (_) @name) @type)
(type_declaration (type_alias name: (_) @name) @type)
(method_elem name: (_) @name) @prototype
(type_declaration (type_spec type: (struct_type (field_declaration_list (field_declaration name: (_) @name) @field))))
(source_file (const_declaration (const_spec name: (_) @name) @constant))
(source_file (var_declaration (var_spec name: (_) @name) @constant))
(source_file (var_declaration (var_spec_list (var_spec name: (_) @name) @constant)))
(comment) @comment
